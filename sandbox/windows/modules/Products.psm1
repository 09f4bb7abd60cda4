# Programs: what Windows Installer puts there and takes away, packages that can be downloaded, and powershell.exe for
# scripts of a package.

# Products of the connector, by the file of their installer, with the site that each brings.
$connectorSites = [ordered]@{ 'MgmtSvc-Connector' = 40005; 'MgmtSvc-ConnectorExtension' = 40006; 'MgmtSvc-ConnectorController' = 40007 }

$rewriteProduct = 'IIS URL Rewrite Module 2'

class WindowsMutex {
  static [bool] TryOpenExisting([string]$name, [ref]$mutex) {
    if ($global:Machine.installer.busyTimes -eq 0) {
      return $false
    }
    $global:Machine.installer.busyTimes -= 1
    $mutex.Value = [System.IO.MemoryStream]::new()
    return $true
  }
}

Add-Accelerator ([WindowsMutex]) @('System.Threading.Mutex', 'Threading.Mutex')

function Get-ConnectorProduct {
  param([string]$Site)
  return 'Windows Azure Pack ' + $Site.Substring(8) + ' for Azure Stack'
}

function Start-Process {
  [CmdletBinding()]
  param([string]$FilePath, [string[]]$ArgumentList, [string]$Verb, [switch]$Wait, [switch]$PassThru)
  Test-Failing 'Start-Process'
  if ($FilePath -eq 'powershell.exe' -and $Verb -eq 'RunAs') {
    return [pscustomobject]@{ ExitCode = (Invoke-Elevated $ArgumentList) }
  }
  if ($FilePath -ne 'msiexec.exe') {
    throw ('This command cannot be run: ' + $FilePath)
  }
  return [pscustomobject]@{ ExitCode = (Invoke-Installer $ArgumentList[0] $ArgumentList[1]) }
}

# 0, 1605 where the product is not there, 1618 where another installation runs, 1620 where it is no installer's file,
# 3010 where the machine has to start again.
function Invoke-Installer {
  param([string]$Verb, [string]$What)
  $machine = $global:Machine
  $part = $machine.azurePack
  if ($machine.installer.busyTimes -gt 0) {
    $machine.installer.busyTimes -= 1
    return 1618
  }
  if ($What -eq (Get-ProductCode $rewriteProduct) -and $part.urlRewrite.version) {
    $part.urlRewrite.Remove('version')
    return Get-InstallerEnd
  }
  # What was downloaded last is in the file of the installer.
  if ($Verb -eq '/i' -and $What.StartsWith('"')) {
    if ($global:Downloaded.kind -ne 'urlRewrite') {
      return 1620
    }
    $part.urlRewrite.version = $global:Downloaded.version
    return Get-InstallerEnd
  }
  foreach ($site in $connectorSites.Keys) {
    $name = Get-ConnectorProduct $site
    $isThere = @($machine.products | Where-Object { $_.name -eq $name }).Count -gt 0
    if ($Verb -eq '/i' -and $What -like ('*\' + $site + '.msi')) {
      if (-not $isThere) {
        $machine.products = @($machine.products) + @{ name = $name; version = '3.32.8196.16' }
      }
      if (@($part.sites | Where-Object { $_.name -eq $site }).Count -eq 0) {
        $part.sites = @($part.sites) + @{ name = $site; port = $connectorSites[$site]; state = 'Started'; settings = @{} }
        New-SiteFile $site
      }
      return Get-InstallerEnd
    }
    if ($Verb -eq '/x' -and $What -eq (Get-ProductCode $name) -and $isThere) {
      $machine.products = @($machine.products | Where-Object { $_.name -ne $name })
      $part.sites = @($part.sites | Where-Object { $_.name -ne $site })
      Microsoft.PowerShell.Management\Remove-Item -LiteralPath (ConvertTo-Native "C:\inetpub\$site") -Recurse -Force
      return Get-InstallerEnd
    }
  }
  return 1605
}

function Get-InstallerEnd {
  $installer = $global:Machine.installer
  if ($installer.rebootTimes -eq 0) {
    return 0
  }
  $installer.rebootTimes -= 1
  $global:Machine.isRestartPending = $true
  return 3010
}

# From where packages can be had: `packages` beside the machines' drives has the bytes, by their hash.
function Invoke-WebRequest {
  [CmdletBinding()]
  param([string]$Uri, [string]$OutFile, [switch]$UseBasicParsing, [int]$TimeoutSec)
  Test-Failing 'Invoke-WebRequest'
  $offered = @($global:World.connector.packages | Where-Object { $_.uri -eq $Uri })[0]
  if ($null -eq $offered) {
    throw [System.Net.WebException]::new('The remote server returned an error: (404) Not Found.')
  }
  if ($offered.sizeBytes * 3 -gt $global:Machine.azurePack.freeDiskBytes) {
    throw [System.IO.IOException]::new('There is not enough space on the disk.')
  }
  $global:Downloaded = $offered
  $bytes = $global:WorldRoot + '/packages/' + $offered.sha256
  Microsoft.PowerShell.Management\Copy-Item -LiteralPath $bytes -Destination (ConvertTo-Native $OutFile)
}

# All programs and scripts of a package are signed alike.
function Get-AuthenticodeSignature {
  [CmdletBinding()]
  param([string]$LiteralPath)
  return [pscustomobject]@{ Status = $global:Downloaded.signature }
}

function Unblock-File {
  [CmdletBinding()]
  param([Parameter(ValueFromPipeline = $true)][object]$InputObject)
}

# A script in a window of an administrator, who need not be the person that asked: switches alone can follow it. 1 where it throws.
function Invoke-Elevated {
  param([string[]]$Words)
  $at = [Array]::IndexOf($Words, '-File')
  $given = @{}
  foreach ($word in @($Words | Microsoft.PowerShell.Utility\Select-Object -Skip ($at + 2))) {
    $given[$word.TrimStart('-')] = $true
  }
  $person = $global:RunAs
  $global:RunAs = $global:Machine.computerName + '\Administrator'
  $global:IsElevated = $true
  try {
    & $Words[$at + 1].Trim('"') @given *>&1 | Out-Null
    return 0
  } catch {
    return 1
  } finally {
    $global:RunAs = $person
    $global:IsElevated = $false
  }
}

# A process of its own, as far as a script can tell: no strictness, no preferences of the one who starts it. What is
# written to its error stream comes as errors, and only a script that throws ends with 1.
function powershell.exe {
  $words = @($args)
  $at = [Array]::IndexOf($words, '-File')
  $given = @{}
  for ($index = $at + 2; $index -lt $words.Count; $index += 2) {
    $given[([string]$words[$index]).TrimStart('-')] = $words[$index + 1]
  }
  $global:LASTEXITCODE = 0
  try {
    & ([string]$words[$at + 1]) @given *>&1 | ForEach-Object {
      if ($_ -is [System.Management.Automation.ErrorRecord]) { Write-Error -Message ([string]$_) -ErrorAction 'Continue' } else { [string]$_ }
    }
  } catch {
    Write-Error -Message ([string]$_) -ErrorAction 'Continue'
    $global:LASTEXITCODE = 1
  }
}
