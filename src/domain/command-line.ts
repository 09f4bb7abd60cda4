/**
 * What cmd.exe takes as one line:
 * https://learn.microsoft.com/troubleshoot/windows-client/shell-experience/command-line-string-limitation
 */
export const commandLineMax = 8191;
