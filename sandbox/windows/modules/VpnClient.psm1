# A person's Windows that connects to a VPN: its connections are values in the state's registry, under a key of no real one, each as
# JSON. Those of all users are apart from a person's own.

$connections = 'Connections'

function Get-ConnectionKey {
  param([string]$Name, [bool]$IsForAll)
  if ($IsForAll) {
    return "$connections\AllUsers\$Name"
  }
  return "$connections\$([string]$global:RunAs)\$Name"
}

function Get-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [switch]$AllUserConnection)
  $key = Get-ConnectionKey $Name $AllUserConnection
  if ($global:Machine.registry.Contains($key)) {
    return ConvertFrom-Json $global:Machine.registry[$key]
  }
}

function Assert-AllUsers {
  param([bool]$IsForAll)
  if ($IsForAll -and -not $global:IsElevated) {
    throw 'Access is denied. The connections of all users take an administrator.'
  }
}

function Add-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [string]$ServerAddress, [string]$TunnelType, [string]$EncryptionLevel, [string[]]$AuthenticationMethod,
    [xml]$EapConfigXmlStream, [switch]$AllUserConnection, [string]$L2tpPsk, [switch]$SplitTunneling, [string]$DnsSuffix,
    [switch]$RememberCredential, [switch]$Force, [switch]$PassThru)
  Assert-AllUsers $AllUserConnection
  $key = Get-ConnectionKey $Name $AllUserConnection
  if ($global:Machine.registry.Contains($key)) {
    throw ('The VPN connection ' + $Name + ' has already been created.')
  }
  if (($AuthenticationMethod -eq 'Eap') -and ($null -eq $EapConfigXmlStream)) {
    throw 'EAP takes its configuration.'
  }
  $connection = @{ Name = $Name; ServerAddress = $ServerAddress; TunnelType = $TunnelType; Routes = @(); SplitTunneling = [bool]$SplitTunneling }
  if ($null -ne $EapConfigXmlStream) {
    $connection.EapConfig = $EapConfigXmlStream.OuterXml
  }
  $global:Machine.registry[$key] = ConvertTo-Json $connection -Compress
}

function Remove-VpnConnection {
  [CmdletBinding()]
  param([string]$Name, [switch]$AllUserConnection, [switch]$Force)
  Assert-AllUsers $AllUserConnection
  $global:Machine.registry.Remove((Get-ConnectionKey $Name $AllUserConnection))
}

function Add-VpnConnectionRoute {
  [CmdletBinding()]
  param([string]$ConnectionName, [string]$DestinationPrefix, [int]$RouteMetric, [switch]$AllUserConnection, [switch]$PassThru)
  Assert-AllUsers $AllUserConnection
  $key = Get-ConnectionKey $ConnectionName $AllUserConnection
  if (-not $global:Machine.registry.Contains($key)) {
    throw ('The VPN connection ' + $ConnectionName + ' was not found.')
  }
  $connection = Microsoft.PowerShell.Utility\ConvertFrom-Json $global:Machine.registry[$key] -AsHashtable
  $connection.Routes = @($connection.Routes) + $DestinationPrefix
  $global:Machine.registry[$key] = ConvertTo-Json $connection -Compress
}

function rasdial.exe {
  $global:LASTEXITCODE = 0
}
