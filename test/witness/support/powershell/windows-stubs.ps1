# What Windows has and a PowerShell elsewhere has not, as functions over a small state ($global:Machine). Functions come before
# cmdlets, and a type accelerator before a type of that name, so the scripts run as they are, word by word.
#   Stubbed: the registry (a table), the certificate stores (a list), the VPN connections (a list), addresses of interfaces (a list), the operating system's own version, IIS' sites and bindings (files on the drive), the download, the
#   prompt for a secret, Authenticode, the mark of the internet, SQL Server (a few statements), the cmdlets of Windows Azure Pack, who
#   is an administrator, and the names that resolve.
#   Real: the language, the launcher, all else of Microsoft.PowerShell.*, files (a drive C: in a folder), archives, hashes, JSON, and
#   powershell.exe, which is this same program in a process of its own.

# .NET's calls know no drive of PowerShell's: C:\temp\x becomes a path in the machine's folder.
function ConvertTo-Native {
  param([string]$Path)
  return ($Path -replace '^C:[\\/]', ($global:Machine.root + '/')).Replace('\', '/')
}

class WitnessFile {
  static [bool] Exists([string]$path) { return [System.IO.FileInfo]::new((ConvertTo-Native $path)).Exists }
  static [string] ReadAllText([string]$path) { return Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $path) -Raw -ErrorAction 'Stop' }
  static [void] WriteAllText([string]$path, [string]$text) { Microsoft.PowerShell.Management\Set-Content -LiteralPath (ConvertTo-Native $path) -Value $text -NoNewline -ErrorAction 'Stop' }
  static [byte[]] ReadAllBytes([string]$path) { return Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $path) -Raw -AsByteStream -ErrorAction 'Stop' }
  static [void] WriteAllBytes([string]$path, [byte[]]$bytes) { Microsoft.PowerShell.Management\Set-Content -LiteralPath (ConvertTo-Native $path) -Value $bytes -AsByteStream -ErrorAction 'Stop' }
}

class WitnessIdentity {
  static [object] GetCurrent() { return 'SYSTEM' }
}

# A hive is a table of keys, a key a table of values.
class WitnessKey {
  [hashtable]$Values
  WitnessKey([hashtable]$values) { $this.Values = $values }
  [void] SetValue([string]$name, [object]$value) { $this.Values[$name] = $value }
  [string[]] GetValueNames() { return @($this.Values.Keys) }
  [void] DeleteValue([string]$name, [bool]$mustExist) { $this.Values.Remove($name) }
  [void] Close() { }
}

class WitnessHive {
  [string]$Name
  WitnessHive([string]$name) { $this.Name = $name }
  [object] OpenSubKey([string]$path, [bool]$writable) {
    $values = $global:Machine.registry[$this.Name + $path]
    if ($null -eq $values) {
      return $null
    }
    return [WitnessKey]::new($values)
  }
  [object] CreateSubKey([string]$path) {
    $global:Machine.registry[$this.Name + $path] = @{}
    return $this.OpenSubKey($path, $true)
  }
  [void] DeleteSubKey([string]$path, [bool]$mustExist) { $global:Machine.registry.Remove($this.Name + $path) }
}

class WitnessRegistry {
  static [object]$LocalMachine = [WitnessHive]::new('HKLM:\')
  static [object]$CurrentUser = [WitnessHive]::new('HKCU:\')
}

class WitnessDns {
  static [object] GetHostAddresses([string]$name) {
    if (@($global:Machine.unresolved) -contains $name) {
      throw 'No such host is known.'
    }
    return @('192.0.2.1')
  }
}

class WitnessZip {
  static [void] ExtractToDirectory([string]$archive, [string]$folder) {
    [System.IO.Compression.ZipArchive]$zip = [System.IO.Compression.ZipArchive]::new([System.IO.FileStream]::new((ConvertTo-Native $archive), 'Open'))
    try {
      [System.IO.Compression.ZipFileExtensions]::ExtractToDirectory($zip, (ConvertTo-Native $folder))
    } finally {
      $zip.Dispose()
    }
  }
}

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
$accelerators::Add('System.IO.File', [WitnessFile])
$accelerators::Add('IO.File', [WitnessFile])
$accelerators::Add('System.IO.Compression.ZipFile', [WitnessZip])
$accelerators::Add('Microsoft.Win32.Registry', [WitnessRegistry])
$accelerators::Add('Security.Principal.WindowsIdentity', [WitnessIdentity])
$accelerators::Add('System.Net.Dns', [WitnessDns])
$accelerators::Add('System.Security.Principal.WindowsIdentity', [WitnessIdentity])

# Throws in place of the nth call of a cmdlet, where a test asks for it: { failing: { 'Move-Item': 2 } }.
function Test-Failing {
  param([string]$Name)
  Set-StrictMode -Off
  $global:Machine.calls += $Name
  $left = $global:Machine.failing.$Name
  if ($null -eq $left) {
    return
  }
  if ($left -gt 1) {
    $global:Machine.failing.$Name = $left - 1
    return
  }
  $global:Machine.failing.PSObject.Properties.Remove($Name)
  throw [System.IO.IOException]::new('The process cannot access the file because it is being used by another process.')
}

function Test-Place {
  param([string]$Path, [object]$Certificate)
  return $Path.Replace('\', '/') -eq ('Cert:/' + $Certificate.store + '/' + $Certificate.thumbprint)
}

function Test-Path {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Path, [string]$LiteralPath, [Alias('Type')][string]$PathType = 'Any')
  $asked = if ($LiteralPath) { $LiteralPath } else { $Path }
  if ($asked -match '^HKLM:') {
    return @($global:Machine.keys) -contains $asked -or $global:Machine.registry.ContainsKey($asked)
  }
  if ($asked -match '^Cert:') {
    return @($global:Machine.certificates | Where-Object { Test-Place $asked $_ }).Count -gt 0
  }
  return Microsoft.PowerShell.Management\Test-Path -LiteralPath $asked -PathType $PathType
}

function Get-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$LiteralPath)
  if ($LiteralPath -match '^HKLM:') {
    $key = [pscustomobject]@{ values = $global:Machine.registry[$LiteralPath] }
    return Add-Member -InputObject $key -MemberType 'ScriptMethod' -Name 'GetValue' -Value { param($Name) $this.values[$Name] } -PassThru
  }
  if ($LiteralPath -match '^Cert:') {
    $found = @($global:Machine.certificates | Where-Object { Test-Place $LiteralPath $_ })[0]
    return [pscustomobject]@{ Thumbprint = $found.thumbprint; HasPrivateKey = [bool]$found.hasPrivateKey }
  }
  return Microsoft.PowerShell.Management\Get-Item -LiteralPath $LiteralPath
}

function New-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Path, [Alias('Type')][string]$ItemType, [switch]$Force, [switch]$Confirm)
  Test-Failing 'New-Item'
  if ($Path -match '^HKLM:') {
    $global:Machine.registry[$Path] = @{}
    return
  }
  return Microsoft.PowerShell.Management\New-Item @PSBoundParameters
}

function Set-ItemProperty {
  [CmdletBinding()]
  param([string]$LiteralPath, [string]$Name, [object]$Value)
  Test-Failing 'Set-ItemProperty'
  $global:Machine.registry[$LiteralPath][$Name] = $Value
}

function Remove-ItemProperty {
  [CmdletBinding()]
  param([string]$LiteralPath, [string]$Name)
  Test-Failing 'Remove-ItemProperty'
  if (-not $global:Machine.registry[$LiteralPath].ContainsKey($Name)) {
    throw ('Property ' + $Name + ' does not exist at path ' + $LiteralPath + '.')
  }
  $global:Machine.registry[$LiteralPath].Remove($Name)
}

function Move-Item {
  [CmdletBinding()]
  param([string]$LiteralPath, [string]$Destination, [switch]$Force)
  Test-Failing 'Move-Item'
  Microsoft.PowerShell.Management\Move-Item @PSBoundParameters
}

function Copy-Item {
  [CmdletBinding()]
  param([string]$LiteralPath, [string]$Destination, [switch]$Force)
  Test-Failing 'Copy-Item'
  Microsoft.PowerShell.Management\Copy-Item @PSBoundParameters
}

function Remove-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$LiteralPath, [switch]$Recurse, [switch]$Force)
  if ($LiteralPath -match '^Cert:') {
    $global:Machine.certificates = @($global:Machine.certificates | Where-Object { -not (Test-Place $LiteralPath $_) })
    return
  }
  Microsoft.PowerShell.Management\Remove-Item @PSBoundParameters
}

function Import-Certificate {
  [CmdletBinding()]
  param([string]$FilePath, [string]$CertStoreLocation)
  $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($FilePath)
  $store = $CertStoreLocation.Replace('\', '/') -replace '^Cert:/', ''
  $global:Machine.certificates += [pscustomobject]@{ store = $store; thumbprint = $certificate.Thumbprint }
}

function Get-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [switch]$AllUserConnection)
  return @($global:Machine.connections | Where-Object { $_ -eq $Name })[0]
}

function Add-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [string]$ServerAddress, [string]$TunnelType, [string]$EncryptionLevel, [string[]]$AuthenticationMethod,
    [switch]$AllUserConnection, [string]$L2tpPsk, [switch]$SplitTunneling, [string]$DnsSuffix, [switch]$RememberCredential, [switch]$Force,
    [switch]$PassThru)
  $global:Machine.connections += $Name
}

function Remove-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [switch]$AllUserConnection, [switch]$Force)
  $global:Machine.connections = @($global:Machine.connections | Where-Object { $_ -ne $Name })
}

function Add-VpnConnectionRoute {
  [CmdletBinding()]
  param([string]$ConnectionName, [string]$DestinationPrefix, [int]$RouteMetric, [switch]$AllUserConnection, [switch]$PassThru)
}

function rasdial.exe {
}

# Addresses by the name of their interface.
function Get-NetIPAddress {
  [CmdletBinding()]
  param([string]$InterfaceAlias, [string]$AddressFamily)
  return @($global:Machine.addresses | Where-Object { $_.interface -eq $InterfaceAlias } | ForEach-Object { [pscustomobject]@{ IPAddress = $_.address } })
}

function Get-CimInstance {
  [CmdletBinding()]
  param([string]$ClassName)
  return [pscustomobject]@{ Version = $global:Machine.osVersion }
}

function Unblock-File {
  [CmdletBinding()]
  param([Parameter(ValueFromPipeline = $true)][object]$InputObject)
}

function Get-AuthenticodeSignature {
  [CmdletBinding()]
  param([string]$LiteralPath)
  return [pscustomobject]@{ Status = 'NotSigned' }
}

function Invoke-WebRequest {
  [CmdletBinding()]
  param([string]$Uri, [string]$OutFile, [switch]$UseBasicParsing, [int]$TimeoutSec)
  Test-Failing 'Invoke-WebRequest'
  Microsoft.PowerShell.Management\Copy-Item -LiteralPath (ConvertTo-Native $global:Machine.downloads.$Uri) -Destination (ConvertTo-Native $OutFile)
}

function Read-Host {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Prompt, [switch]$AsSecureString)
  return ConvertTo-SecureString -String $global:Machine.typed -AsPlainText -Force
}

function Import-Module {
  [CmdletBinding()]
  param([string]$Name)
  if (@('WebAdministration', 'MgmtSvcConfig') -notcontains $Name) {
    Microsoft.PowerShell.Core\Import-Module -Name $Name
  }
}

function Get-Module {
  [CmdletBinding()]
  param([switch]$ListAvailable, [string]$Name)
  if ($global:Machine.modules -contains $Name) {
    return [pscustomobject]@{ Name = $Name }
  }
}

# Windows PowerShell 4.0 has no Expand-Archive.
function Get-Command {
  [CmdletBinding()]
  param([string]$Name)
  if ($Name -eq 'Expand-Archive' -and $global:Machine.lacksArchives) {
    return
  }
  return Microsoft.PowerShell.Core\Get-Command -Name $Name
}

function Get-Website {
  foreach ($name in @($global:Machine.sites)) {
    [pscustomobject]@{ name = $name; physicalPath = 'C:\inetpub\' + $name; state = 'Started' }
  }
}

# The file `bindings` has a thumbprint for all sites, as the package's script left it.
function Get-WebBinding {
  [CmdletBinding()]
  param([string]$Name, [string]$Protocol)
  $bound = Join-Path $global:Machine.root 'bindings'
  if (Microsoft.PowerShell.Management\Test-Path -LiteralPath $bound) {
    return [pscustomobject]@{ certificateHash = (Microsoft.PowerShell.Management\Get-Content -LiteralPath $bound -Raw).Trim() }
  }
}

function Get-MgmtSvcRelyingPartySettings {
  [CmdletBinding()]
  param([string]$Target, [string]$ConnectionString)
  Set-StrictMode -Off
  $trust = Join-Path $global:Machine.root 'trust'
  if ($global:Machine.hidesTrust -or -not (Microsoft.PowerShell.Management\Test-Path -LiteralPath $trust)) {
    return
  }
  return Microsoft.PowerShell.Management\Get-Content -LiteralPath $trust -Raw | ConvertFrom-Json
}

class WitnessCommand {
  [string]$CommandText
  [int]$CommandTimeout
  [hashtable]$Given = @{}
  [object]$Parameters
  WitnessCommand() {
    $values = $this.Given
    $this.Parameters = Add-Member -InputObject ([pscustomobject]@{}) -MemberType 'ScriptMethod' -Name 'AddWithValue' -Value { param($Name, $Value) $values[$Name] = $Value }.GetNewClosure() -PassThru
  }
  [object] ExecuteScalar() { return Invoke-Sql $this.CommandText $this.Given }
  [void] Dispose() { }
}

class WitnessConnection {
  [string]$ConnectionString
  [void] Open() { }
  [object] CreateCommand() { return [WitnessCommand]::new() }
  [void] Dispose() { }
}

# The store: its backups are copies of the files `trust` and `writes`.
function Invoke-Sql {
  param([string]$Text, [hashtable]$Values)
  $root = $global:Machine.root
  $pair = @(@{ of = 'trust' }, @{ of = 'writes' })
  switch -Regex ($Text) {
    'IS_SRVROLEMEMBER' { return 1 }
    'COUNT' { return 1 }
    'last_user_update' {
      $writes = Join-Path $root 'writes'
      if (Microsoft.PowerShell.Management\Test-Path -LiteralPath $writes) {
        return (Microsoft.PowerShell.Management\Get-Content -LiteralPath $writes -Raw).Trim()
      }
      return ''
    }
    '^BACKUP' {
      foreach ($one in $pair) {
        $from = Join-Path $root $one.of
        if (Microsoft.PowerShell.Management\Test-Path -LiteralPath $from) {
          Microsoft.PowerShell.Management\Copy-Item -LiteralPath $from -Destination ($from + '.' + $Values['@file'])
        }
      }
      return $null
    }
    '^RESTORE' {
      foreach ($one in $pair) {
        $to = Join-Path $root $one.of
        Remove-Item -LiteralPath $to -ErrorAction 'Ignore'
        if (Microsoft.PowerShell.Management\Test-Path -LiteralPath ($to + '.' + $Values['@file'])) {
          Microsoft.PowerShell.Management\Copy-Item -LiteralPath ($to + '.' + $Values['@file']) -Destination $to
        }
      }
      return $null
    }
  }
  return $null
}

function New-Object {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$TypeName, [Parameter(Position = 1)][object[]]$ArgumentList)
  if ($TypeName -eq 'System.Data.SqlClient.SqlConnection') {
    return [WitnessConnection]::new()
  }
  if ($TypeName -match '^(System\.)?Security\.Principal\.WindowsPrincipal$') {
    return Add-Member -InputObject ([pscustomobject]@{}) -MemberType 'ScriptMethod' -Name 'IsInRole' -Value { param($Role) $true } -PassThru
  }
  return Microsoft.PowerShell.Utility\New-Object @PSBoundParameters
}
