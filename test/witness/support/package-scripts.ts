/** The connector's package as tests make it: scripts with the published names and parameters, and behaviour of our own. */
import { createHash } from 'node:crypto';
import { strToU8, zipSync } from 'fflate';
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

// The machine's drive C: is the folder of that variable; `bindings`, `trust` and `writes` in it are what the stubs read.
const scripts = {
  'Configure-Certificates.ps1': {
    takes: '[Parameter(Mandatory)][string]$Thumbprint',
    work: `Set-Content -LiteralPath (Join-Path $root 'bindings') -Value $Thumbprint`,
  },
  'Configure-WapConnector.ps1': {
    takes:
      '[Parameter(Mandatory)][string]$TenantPortalFQDN, [Parameter(Mandatory)][string]$TenantAPIFQDN, [Parameter(Mandatory)][string]$AzureStackPortalFQDN',
    work: `foreach ($file in Get-ChildItem -Path (Join-Path $root 'inetpub/*/Web.config')) {
  Set-Content -LiteralPath $file -Value "<add portal='$TenantPortalFQDN' api='https://$($TenantAPIFQDN):30005/' stack='$AzureStackPortalFQDN' />"
}`,
  },
  'Configure-TrustAzureStack.ps1': {
    takes: '[Parameter(Mandatory)][string]$SqlServer, [Parameter(Mandatory)][string]$DataFile',
    work: `Set-Content -LiteralPath (Join-Path $root 'writes') -Value 'once'
Copy-Item -LiteralPath $DataFile -Destination (Join-Path $root 'trust')`,
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
  return `[CmdletBinding()]\nparam(${takes})\n$root = $env:GATEHOUSE_WITNESS_ROOT\n${does}\n`;
}

/** Where a script of the package lies once it is staged. */
function scriptPath(name: PackageScript): string {
  return `${packageFolder}\\setup\\scripts\\${name}`;
}

export function writePackageScript(machine: RealMachine, name: PackageScript, behaviour: Behaviour): void {
  machine.write(scriptPath(name), scriptOf(name, behaviour));
}

/** An archive that holds the package's folder; `edition` makes two of them differ. */
export function packageArchive(edition: string): { readonly bytes: Uint8Array; readonly sha256: string } {
  const files = Object.fromEntries(
    (Object.keys(scripts) as PackageScript[]).map((name) => [
      `WAPConnector/setup/scripts/${name}`,
      strToU8(scriptOf(name, 'works')),
    ]),
  );
  const bytes = zipSync({ ...files, 'WAPConnector/edition.txt': strToU8(edition) }, { mtime: '2017-07-01' });
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}
