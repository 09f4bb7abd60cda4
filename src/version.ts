/** Of the application and of its API description. */
export const version = '0.1.0';
