/** Something the user can put right; its message is shown without a stack trace. */
export class StackError extends Error {}
