# P13: the address that clients connect to. Where it comes by DHCP it may change, and then every client's settings are
# stale.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[^"\p{Cc}]{1,256}\z')]
  [string]$ExternalNic
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

Write-Verbose ('{0}: looking at {1}.' -f $Mode, $ExternalNic)
$query = @{ AddressFamily = 'IPv4' }
# The cmdlet takes names as patterns: an adapter's name is compared here.
$own = @(Get-NetIPAddress @query | Where-Object { $_.InterfaceAlias -eq $ExternalNic -and $_.IPAddress -notlike '169.254.*' })
if ($own.Count -eq 0) {
  $message = 'The external adapter has no address, or there is no such adapter.'
  return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
}
$facts = @{ serverAddress = [string]$own[0].IPAddress }
return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
