/**
 * The connector's package as tests make it: scripts with the published names and parameters, and behaviour of our own.
 */
import { createHash } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';
import type { PackageArchive } from './connector-package.ts';
import type { RealMachine } from './real-powershell.ts';

export const packageFolder = 'C:\\temp\\WAPConnector';
export const packageUri = 'https://packages.example/connector.zip';

/** How one of the package's scripts behaves. */
export type Behaviour =
  /** Does its work. */
  | 'works'
  /** Does its work, and writes an error without ending: PowerShell ends with 0. */
  | 'worksAndComplains'
  /** Writes errors and does nothing else: PowerShell ends with 0. */
  | 'complains'
  /** Ends with 0, says nothing, does nothing. */
  | 'idles'
  /** Throws: PowerShell ends with 1. */
  | 'throws';

const complaint = `Write-Error "The configuration store did not answer. Data Source=sql1;User ID=sa;Password=hunter2;Pooling=True"`;

const sites = `@('MgmtSvc-Connector', 'MgmtSvc-ConnectorController', 'MgmtSvc-ConnectorExtension')`;

// What the modules know of the package's work; the machine's drive C: is the folder of that variable.
const scripts = {
  'Configure-Certificates.ps1': {
    takes: '[Parameter(Mandatory)][string]$Thumbprint',
    work: `Set-SiteCertificate ${sites} $Thumbprint`,
  },
  'Configure-WapConnector.ps1': {
    takes:
      '[Parameter(Mandatory)][string]$TenantPortalFQDN, [Parameter(Mandatory)][string]$TenantAPIFQDN, [Parameter(Mandatory)][string]$AzureStackPortalFQDN',
    work: `foreach ($file in Get-ChildItem -Path ($env:GATEHOUSE_WITNESS_ROOT + '/inetpub/*/Web.config')) {
  Set-Content -LiteralPath $file -Value "<add portal='$TenantPortalFQDN' api='https://$($TenantAPIFQDN):30005/' stack='$AzureStackPortalFQDN' />"
}`,
  },
  'Configure-TrustAzureStack.ps1': {
    takes: '[Parameter(Mandatory)][string]$SqlServer, [Parameter(Mandatory)][string]$DataFile',
    work: `$file = Get-Content -LiteralPath $DataFile -Raw | ConvertFrom-Json
$certificate = New-Object 'System.Security.Cryptography.X509Certificates.X509Certificate2' @(, [Convert]::FromBase64String($file.Certificates[0]))
Add-StoreTrust $SqlServer $file.Realm $certificate.Thumbprint`,
  },
} as const;
export type PackageScript = keyof typeof scripts;

function scriptOf(name: PackageScript, behaviour: Behaviour): string {
  const { takes, work } = scripts[name];
  const does = {
    works: work,
    worksAndComplains: `${work}\n${complaint}`,
    complains: `${complaint}\nWrite-Error 'Nothing was written.'`,
    idles: `Write-Output 'Done.'`,
    throws: `throw 'There is no store with Password=hunter2;'`,
  }[behaviour];
  return `[CmdletBinding()]\nparam(${takes})\n${does}\n`;
}

/** Where a script of the package lies once it is staged. */
function scriptPath(name: PackageScript): string {
  return `${packageFolder}\\setup\\scripts\\${name}`;
}

export function writePackageScript(machine: RealMachine, name: PackageScript, behaviour: Behaviour): void {
  machine.write(scriptPath(name), scriptOf(name, behaviour));
}

/** An archive that holds the package's folder; `edition` makes two of them differ. */
export function packageArchive(edition: string): PackageArchive {
  const files = Object.fromEntries(
    (Object.keys(scripts) as PackageScript[]).map((name) => [
      `WAPConnector/setup/scripts/${name}`,
      strToU8(scriptOf(name, 'works')),
    ]),
  );
  const bytes = zipSync({ ...files, 'WAPConnector/edition.txt': strToU8(edition) }, { mtime: '2017-07-01' });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
