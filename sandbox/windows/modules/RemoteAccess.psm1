# Routing and Remote Access: the feature, the two roles, the pool, the key, and who is connected.

function Test-RemoteAccessModule {
  return $global:Machine.remoteAccess -and $global:Machine.remoteAccess.feature -eq 'installed'
}

function Get-RemoteAccessState {
  param([string]$Cmdlet)
  if (-not (Test-RemoteAccessModule)) {
    throw [System.Management.Automation.CommandNotFoundException]::new("The term '$Cmdlet' is not recognized as the name of a cmdlet.")
  }
  return $global:Machine.remoteAccess
}

function Get-WindowsFeature {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string[]]$Name)
  # A machine whose next installation ends with a restart lacks the features.
  $isInstalled = $global:Machine.remoteAccess.feature -eq 'installed' -and $global:Machine.installer.rebootTimes -eq 0
  return @($Name | ForEach-Object { [pscustomobject]@{ Name = $_; Installed = $isInstalled } })
}

function Install-WindowsFeature {
  [CmdletBinding()]
  param([string[]]$Name, [switch]$IncludeManagementTools)
  $global:Machine.installer.rebootTimes = [Math]::Max(0, $global:Machine.installer.rebootTimes - 1)
  $global:Machine.remoteAccess.feature = 'pending'
  $global:Machine.isRestartPending = $true
  return [pscustomobject]@{ RestartNeeded = 'Yes' }
}

function Get-RemoteAccess {
  $access = Get-RemoteAccessState 'Get-RemoteAccess'
  $ranges = @()
  if ($access.pool) {
    $ranges = @('{0} - {1}' -f $access.pool.from, $access.pool.to)
  }
  return [pscustomobject]@{
    VpnStatus = $access.vpnStatus
    VpnS2SStatus = $access.vpnS2SStatus
    IPAssignmentMethod = $(if ($access.pool) { 'StaticPool' } else { 'DHCP' })
    IPAddressRangeList = $ranges
  }
}

# Installing and uninstalling configure the service anew: whoever is connected is not any more, nor is any address
# translated.
function Reset-Service {
  param([object]$Access)
  $Access.sessions = @()
  $Access.natModes = @{}
}

function Install-RemoteAccess {
  [CmdletBinding()]
  param([string]$VpnType, [switch]$Legacy, [string[]]$IPAddressRange)
  $access = Get-RemoteAccessState 'Install-RemoteAccess'
  Reset-Service $access
  if ($VpnType -eq 'VpnS2S') {
    $access.vpnS2SStatus = 'Installed'
  } else {
    $access.vpnStatus = 'Installed'
    $access.pool = @{ from = $IPAddressRange[0]; to = $IPAddressRange[1] }
  }
  $global:Machine.services.RemoteAccess = 'Running'
}

function Uninstall-RemoteAccess {
  [CmdletBinding()]
  param([string]$VpnType, [switch]$Force)
  $access = Get-RemoteAccessState 'Uninstall-RemoteAccess'
  Reset-Service $access
  if ($VpnType -eq 'VpnS2S') {
    $access.vpnS2SStatus = 'Uninstalled'
  } else {
    $access.vpnStatus = 'Uninstalled'
    $access.Remove('pool')
  }
  if ($access.vpnStatus -ne 'Installed' -and $access.vpnS2SStatus -ne 'Installed') {
    $global:Machine.services.RemoteAccess = 'Stopped'
  }
}

function Add-VpnIPAddressRange {
  [CmdletBinding()]
  param([string[]]$IPAddressRange)
  $access = Get-RemoteAccessState 'Add-VpnIPAddressRange'
  if ($access.pool) {
    throw 'The machine knows one range.'
  }
  $access.pool = @{ from = $IPAddressRange[0]; to = $IPAddressRange[1] }
}

# A range is known by its first address.
function Remove-VpnIPAddressRange {
  [CmdletBinding()]
  param([string]$IPAddress, [switch]$Force)
  $access = Get-RemoteAccessState 'Remove-VpnIPAddressRange'
  if ($access.pool.from -ne $IPAddress -or -not $Force) {
    throw 'The IP address range cannot be removed.'
  }
  $access.Remove('pool')
}

function Set-VpnIPAddressAssignment {
  [CmdletBinding()]
  param([string]$IPAssignmentMethod, [string[]]$IPAddressRange)
  (Get-RemoteAccessState 'Set-VpnIPAddressAssignment').pool = @{ from = $IPAddressRange[0]; to = $IPAddressRange[1] }
}

function Get-VpnServerConfiguration {
  return [pscustomobject]@{ TunnelType = (Get-RemoteAccessState 'Get-VpnServerConfiguration').vpnStatus }
}

function Get-VpnAuthProtocol {
  $access = Get-RemoteAccessState 'Get-VpnAuthProtocol'
  return [pscustomobject]@{ TunnelAuthProtocolsAdvertised = $(if ($access.sharedKey) { 'PreSharedKey' } else { 'Certificates' }) }
}

# It changes a role's settings: there have to be some.
function Set-VpnAuthProtocol {
  [CmdletBinding()]
  param([string]$TunnelAuthProtocolsAdvertised, [string]$SharedSecret)
  $access = Get-RemoteAccessState 'Set-VpnAuthProtocol'
  if ($access.vpnS2SStatus -ne 'Installed') {
    throw 'The site-to-site VPN role is not installed.'
  }
  $access.sharedKey = $SharedSecret
}

function Get-RemoteAccessConnectionStatistics {
  $null = Get-RemoteAccessState 'Get-RemoteAccessConnectionStatistics'
  return @($global:Machine.remoteAccess.sessions | ForEach-Object { [pscustomobject]@{ UserName = @($env:COMPUTERNAME + '\' + $_.userName) } })
}

function Disconnect-VpnUser {
  [CmdletBinding()]
  param([string]$UserName)
  $access = Get-RemoteAccessState 'Disconnect-VpnUser'
  $name = ($UserName -split '\\')[-1]
  $access.sessions = @($access.sessions | Where-Object { $_.userName -ne $name })
}
