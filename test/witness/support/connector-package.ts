/**
 * The connector's package as tests make it: scripts with the published names and parameters, whose work the modules
 * know.
 */
import { createHash } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';

const sites = `@('MgmtSvc-Connector', 'MgmtSvc-ConnectorExtension', 'MgmtSvc-ConnectorController')`;

const scripts: Readonly<Record<string, string>> = {
  'Install-Connector.ps1': `param()
$codes = foreach ($site in ${sites}) {
  (Start-Process -FilePath 'msiexec.exe' -ArgumentList @('/i', ('C:\\temp\\WAPConnector\\setup\\packages\\' + $site + '.msi')) -Wait -PassThru).ExitCode
}
if ($codes -contains 3010) {
  exit 3010
}`,
  'Configure-Certificates.ps1': `param([Parameter(Mandatory)][string]$Thumbprint)
Set-SiteCertificate ${sites} $Thumbprint`,
  'Configure-WapConnector.ps1': `param([Parameter(Mandatory)][string]$TenantPortalFQDN, [Parameter(Mandatory)][string]$TenantAPIFQDN, [Parameter(Mandatory)][string]$AzureStackPortalFQDN)
foreach ($site in ${sites}) {
  New-SiteFile $site @{ tenantPortalFqdn = $TenantPortalFQDN; tenantApiFqdn = $TenantAPIFQDN; azureStackPortalFqdn = $AzureStackPortalFQDN }
}`,
  'Configure-TrustAzureStack.ps1': `param([Parameter(Mandatory)][string]$SqlServer, [Parameter(Mandatory)][string]$DataFile)
$partner = (Get-Content -LiteralPath $DataFile -Raw | ConvertFrom-Json).AuthenticationIdentityProviderPartner
if ($null -eq $partner) {
  throw 'The data file cannot be read.'
}
$certificate = New-Object 'System.Security.Cryptography.X509Certificates.X509Certificate2' @(, [Convert]::FromBase64String($partner.Certificate))
Add-StoreTrust $SqlServer $partner.Realm $certificate.Thumbprint`,
  'Update-TenantAPI.ps1': `param()`,
};

/** Programs beside the scripts: twelve files in all that can be signed. */
const programs = [
  ...['Connector', 'ConnectorExtension', 'ConnectorController'].map((name) => `setup/packages/MgmtSvc-${name}.msi`),
  ...[1, 2, 3, 4].map((number) => `setup/bin/Connector${number}.dll`),
];

/**
 * What lies in the folder of a package, by its path there. `edition.json` says which version of the Tenant API it
 * brings.
 */
export function packageFiles(version: string): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.entries(scripts).map(([name, text]) => [`setup/scripts/${name}`, text])),
    ...Object.fromEntries(programs.map((path) => [path, 'program'])),
    'edition.json': JSON.stringify({ version }),
  };
}

export interface PackageArchive {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

export function packageOf(files: Readonly<Record<string, string>>): PackageArchive {
  const entries = Object.entries(files).map(([path, text]) => [`WAPConnector/${path}`, strToU8(text)] as const);
  const bytes = zipSync(Object.fromEntries(entries), { mtime: '2017-07-01' });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
