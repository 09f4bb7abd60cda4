# P2: which adapter looks into the stack and which one out. Taking every other adapter for the external one goes wrong
# with three of them, or with one that gave itself an address: the external one has the only other default gateway.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^\d{1,3}(\.\d{1,3}){3}\z')]
  [string]$InternalAddress
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

Write-Verbose ('{0}: looking for {1}.' -f $Mode, $InternalAddress)
$query = @{ AddressFamily = 'IPv4' }
$addresses = @(Get-NetIPAddress @query | Where-Object { $_.IPAddress -notlike '169.254.*' -and $_.IPAddress -ne '127.0.0.1' })
$internal = @($addresses | Where-Object { $_.IPAddress -eq $InternalAddress })
if ($internal.Count -ne 1) {
  $message = 'No adapter has the address {0}.' -f $InternalAddress
  return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
}
$inside = $internal[0].InterfaceIndex

$route = @{ DestinationPrefix = '0.0.0.0/0'; ErrorAction = 'SilentlyContinue' }
$outward = @(Get-NetRoute @route | Where-Object { $_.InterfaceIndex -ne $inside } | ForEach-Object { $_.InterfaceIndex })
$external = @($addresses | Where-Object { $outward -contains $_.InterfaceIndex })
$once = @{ Unique = $true }
$names = @($external | ForEach-Object { $_.InterfaceAlias } | Sort-Object @once)
if ($names.Count -ne 1) {
  $message = 'Exactly one other adapter must have a default gateway and an address; found: {0}.' -f ($names -join ', ')
  return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
}
# The server tells its clients to ask whom the internal adapter asks; some of them have to be told beforehand.
$resolver = @{ InterfaceIndex = $inside; AddressFamily = 'IPv4'; ErrorAction = 'SilentlyContinue' }
$dnsServers = @(Get-DnsClientServerAddress @resolver | ForEach-Object { $_.ServerAddresses } | ForEach-Object { [string]$_ })
$facts = @{
  dnsServers = $dnsServers
  internalNic = [string]$internal[0].InterfaceAlias
  externalNic = [string]$names[0]
  externalAddress = [string]$external[0].IPAddress
}
return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
