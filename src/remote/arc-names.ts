/** Names of the blobs that a command's output and error streams go to. */
export function outputName(handle: string): string {
  return `${handle}-output.txt`;
}
export function errorName(handle: string): string {
  return `${handle}-error.txt`;
}
