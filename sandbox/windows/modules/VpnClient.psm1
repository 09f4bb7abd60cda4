# A person's Windows that connects to a VPN: its connections are names in the state's registry, under a key of no real
# one.

$connections = 'Connections'

function Get-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [switch]$AllUserConnection)
  if ($global:Machine.registry.Contains("$connections\$Name")) {
    return [pscustomobject]@{ Name = $Name; ServerAddress = $global:Machine.registry["$connections\$Name"] }
  }
}

function Add-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [string]$ServerAddress, [string]$TunnelType, [string]$EncryptionLevel, [string[]]$AuthenticationMethod,
    [switch]$AllUserConnection, [string]$L2tpPsk, [switch]$SplitTunneling, [string]$DnsSuffix, [switch]$RememberCredential, [switch]$Force,
    [switch]$PassThru)
  $global:Machine.registry["$connections\$Name"] = $ServerAddress
}

function Remove-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [switch]$AllUserConnection, [switch]$Force)
  $global:Machine.registry.Remove("$connections\$Name")
}

function Add-VpnConnectionRoute {
  [CmdletBinding()]
  param([string]$ConnectionName, [string]$DestinationPrefix, [int]$RouteMetric, [switch]$AllUserConnection, [switch]$PassThru)
}

function rasdial.exe {
  $global:LASTEXITCODE = 0
}
