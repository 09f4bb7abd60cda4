# P4: remote access by VPN, with a pool of addresses for its clients. From here until P11 the address translation of the
# stack may be down. After RebootRequired the role itself is not configured yet: the machine starts again, then apply
# comes once more.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^\d{1,3}(\.\d{1,3}){3}\z')]
  [string]$AddressFrom,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^\d{1,3}(\.\d{1,3}){3}\z')]
  [string]$AddressTo
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: remote-access, address-ranges

$wanted = '{0} - {1}' -f $AddressFrom, $AddressTo
$before = Join-Path $env:ProgramData 'Gatehouse\vpn-access\before\remote-access.json'

function Get-Pool {
  param([psobject]$Access)
  if ([string]$Access.IPAssignmentMethod -ne 'StaticPool') {
    return @()
  }
  return @($Access.IPAddressRangeList | ForEach-Object { ConvertTo-RangeText $_ })
}

function Get-PoolFact {
  param([string[]]$Pool)
  if ($Pool.Count -ne 1) {
    return @{}
  }
  $ends = $Pool[0] -split '\s*-\s*'
  return @{ addressFrom = $ends[0]; addressTo = $ends[1] }
}

function ConvertTo-Number {
  param([string]$Address)
  $bytes = [Net.IPAddress]::Parse($Address).GetAddressBytes()
  [Array]::Reverse($bytes)
  return [BitConverter]::ToUInt32($bytes, 0)
}

function Find-PoolProblem {
  $from = ConvertTo-Number $AddressFrom
  $to = ConvertTo-Number $AddressTo
  if ($from -ge $to) {
    return 'The last address of the pool comes before its first.'
  }
  $query = @{ AddressFamily = 'IPv4' }
  foreach ($own in @(Get-NetIPAddress @query)) {
    $number = ConvertTo-Number $own.IPAddress
    # Clients' own end of the tunnels is an address of the pool on this machine.
    if ($number -ge $from -and $number -le $to -and $own.InterfaceAlias -notlike 'RAS*') {
      return 'The pool holds {0}, an address of this machine.' -f $own.IPAddress
    }
  }
  return ''
}

function Install-Feature {
  $names = @('DirectAccess-VPN', 'Routing')
  $missing = @(Get-WindowsFeature $names | Where-Object { -not $_.Installed })
  if ($missing.Count -eq 0) {
    return 'No'
  }
  $options = @{ Name = $names; IncludeManagementTools = $true }
  return [string](Install-WindowsFeature @options).RestartNeeded
}

# A range is known by its first address; without Force the last one stays.
function Set-Pool {
  param([psobject]$Access)
  if ([string]$Access.IPAssignmentMethod -ne 'StaticPool') {
    $options = @{ IPAssignmentMethod = 'StaticPool'; IPAddressRange = @($AddressFrom, $AddressTo) }
    Set-VpnIPAddressAssignment @options
    return
  }
  foreach ($range in @(Get-Pool $Access)) {
    $old = @{ IPAddress = ($range -split '\s*-\s*')[0]; Force = $true }
    Remove-VpnIPAddressRange @old
  }
  $new = @{ IPAddressRange = @($AddressFrom, $AddressTo) }
  Add-VpnIPAddressRange @new
}

# Where the role was installed before, only its pool is put back.
function Restore-Role {
  $was = $null
  if (Test-Path $before) {
    $was = ConvertFrom-Json ([IO.File]::ReadAllText($before))
  }
  if ($null -eq $was -or $was.vpnStatus -ne 'Installed') {
    $options = @{ VpnType = 'Vpn'; Force = $true }
    Uninstall-RemoteAccess @options
    return
  }
  foreach ($range in @(Get-Pool (Get-RemoteAccess))) {
    $old = @{ IPAddress = ($range -split '\s*-\s*')[0]; Force = $true }
    Remove-VpnIPAddressRange @old
  }
  foreach ($range in @($was.pool)) {
    $ends = $range -split '\s*-\s*'
    $new = @{ IPAddressRange = @($ends[0], $ends[1]) }
    Add-VpnIPAddressRange @new
  }
}

$access = Get-InstalledAccess
$isInstalled = $null -ne $access -and [string]$access.VpnStatus -eq 'Installed'
$pool = @()
if ($isInstalled) {
  $pool = @(Get-Pool $access)
}
$isDone = $isInstalled -and $pool.Count -eq 1 -and $pool[0] -eq $wanted

if ($Mode -eq 'undo') {
  if (-not $isInstalled) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $changed = $true
  Restore-Role
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
}

if ($isDone) {
  if ($Mode -eq 'verify') {
    $null = Get-VpnServerConfiguration
  }
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = (Get-PoolFact $pool); message = '' }
}
if ($Mode -eq 'probe') {
  return [ordered]@{ ok = $false; changed = $false; code = 'NotDone'; facts = (Get-PoolFact $pool); message = '' }
}
if ($Mode -eq 'verify') {
  $message = 'The VPN role is not installed, or it has another address pool.'
  return [ordered]@{ ok = $false; changed = $false; code = 'VerifyFailed'; facts = (Get-PoolFact $pool); message = $message }
}

$problem = Find-PoolProblem
if ($problem) {
  return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $problem }
}
$changed = $true
if ((Install-Feature) -eq 'Yes') {
  $message = 'The features are installed and need a restart of the machine.'
  return [ordered]@{ ok = $true; changed = $changed; code = 'RebootRequired'; facts = @{}; message = $message }
}
if ($isInstalled) {
  Set-Pool $access
} else {
  $options = @{ VpnType = 'Vpn'; Legacy = $true; IPAddressRange = @($AddressFrom, $AddressTo) }
  Install-RemoteAccess @options
}
$facts = @{ addressFrom = $AddressFrom; addressTo = $AddressTo }
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = $facts; message = '' }
