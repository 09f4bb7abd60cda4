/** Names of the blobs that a command's output and error streams go to. */
export function outputName(id: string): string {
  return `${id}-output.txt`;
}
export function errorName(id: string): string {
  return `${id}-error.txt`;
}

/**
 * A handle is the command's id and, when this start was the one that put it, Azure's operation: only there does Azure
 * say why a command was not delivered. The id alone is a handle too.
 */
export function toHandle(id: string, operationUrl: string | undefined): string {
  return operationUrl === undefined ? id : `${id}|${operationUrl}`;
}
export function parseHandle(handle: string): { readonly id: string; readonly operationUrl: string | undefined } {
  const at = handle.indexOf('|');
  return at < 0
    ? { id: handle, operationUrl: undefined }
    : { id: handle.slice(0, at), operationUrl: handle.slice(at + 1) };
}
