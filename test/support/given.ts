/** The value, which a test needs to be there; fails the test when it is not. */
export function given<T>(value: T | null | undefined): T {
  if (value === undefined || value === null) throw new Error('The test needs a value that is not there.');
  return value;
}
