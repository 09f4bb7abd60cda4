/**
 * What Windows PowerShell 4.0, which Server 2012 R2 comes with, lacks of the cmdlets that scripts here may use: 5.0 and
 * 5.1 brought it. Looked up in the command tables that PowerShell/PSScriptAnalyzer publishes for 4.0 and 5.1
 * (Engine/Settings/desktop-4.0-windows.json, desktop-5.1.14393.206-windows.json).
 */
const cmdlets: ReadonlySet<string> = new Set(
  [
    'Add-LocalGroupMember',
    'Disable-LocalUser',
    'Enable-LocalUser',
    'Expand-Archive',
    'Get-LocalGroup',
    'Get-LocalGroupMember',
    'Get-LocalUser',
    'New-LocalUser',
    'Remove-LocalUser',
    'Set-LocalUser',
  ].map((name) => name.toLowerCase()),
);

/** By cmdlet; `*` is every cmdlet. In lower case. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  '*': ['informationaction', 'informationvariable'],
  'add-content': ['nonewline'],
  'copy-item': ['fromsession', 'tosession'],
  'get-authenticodesignature': ['content', 'sourcepathorextension'],
  'get-childitem': ['depth'],
  'invoke-restmethod': ['usebasicparsing'],
  'new-pssessionoption': ['maxconnectionretrycount'],
  'select-object': ['skiplast'],
  'set-content': ['nonewline'],
  'stop-service': ['nowait'],
  'test-connection': ['protocol'],
};

/** Whether 4.0 lacks the whole cmdlet. */
export function isCmdletAddedIn5(cmdlet: string): boolean {
  return cmdlets.has(cmdlet.toLowerCase());
}

/** Whether 4.0 has the cmdlet and lacks this parameter of it. */
export function isParameterAddedIn5(cmdlet: string, parameter: string): boolean {
  const added = [...(parameters['*'] ?? []), ...(parameters[cmdlet.toLowerCase()] ?? [])];
  return added.includes(parameter.toLowerCase());
}
