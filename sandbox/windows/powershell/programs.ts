/** What programs of Windows may be asked for: the words that a call begins with, one text for each. */
export const programs: Readonly<Record<string, readonly string[]>> = {
  certreq: ['-accept -user', '-new -q -f'],
  certutil: ['-addstore', '-delstore', '-verifystore', '-store'],
  icacls: [''],
  msiexec: ['/i', '/x'],
  netsh: [
    'http show sslcert',
    'interface show interface',
    'nps export',
    'nps import',
    'nps set np',
    'nps show np',
    'ras dump',
    'ras ip dump',
    'ras ip set preferredadapter',
    'ras ip show preferredadapter',
    'ras set type',
    'ras show type',
    'routing dump',
    'routing ip nat add interface',
    'routing ip nat install',
    'routing ip nat set interface',
    'routing ip nat show interface',
    '-f',
  ],
  ping: [''],
  powershell: ['-NoProfile'],
  rasdial: [''],
  shutdown: ['/r'],
  taskkill: ['/PID'],
};

/** Scripts of the connector's package and what they take: all that is published of them. */
export const packageScripts: Readonly<Record<string, readonly string[]>> = {
  'Install-Connector.ps1': [],
  'Configure-Certificates.ps1': ['Thumbprint'],
  'Configure-WapConnector.ps1': ['TenantPortalFQDN', 'TenantAPIFQDN', 'AzureStackPortalFQDN'],
  'Update-TenantAPI.ps1': [],
  'Configure-TrustAzureStack.ps1': ['SqlServer', 'DataFile', 'PromptForSqlCredential'],
};
