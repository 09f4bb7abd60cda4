# P5: the role whose settings P7 changes: the shared key belongs to the site-to-site part.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: remote-access

$before = Join-Path $env:ProgramData 'Gatehouse\vpn-access\before\remote-access.json'
$access = Get-InstalledAccess
$isInstalled = $null -ne $access -and [string]$access.VpnS2SStatus -eq 'Installed'

if ($Mode -eq 'undo') {
  $was = ''
  if (Test-Path $before) {
    $was = (ConvertFrom-Json ([IO.File]::ReadAllText($before))).vpnS2SStatus
  }
  # What was there before stays.
  if (-not $isInstalled -or $was -eq 'Installed') {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $changed = $true
  $options = @{ VpnType = 'VpnS2S'; Force = $true }
  Uninstall-RemoteAccess @options
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
}
if ($isInstalled) {
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
}
if ($Mode -eq 'probe') {
  return [ordered]@{ ok = $false; changed = $false; code = 'NotDone'; facts = @{}; message = '' }
}
if ($Mode -eq 'verify') {
  $message = 'The site-to-site role is not installed.'
  return [ordered]@{ ok = $false; changed = $false; code = 'VerifyFailed'; facts = @{}; message = $message }
}
$changed = $true
$options = @{ VpnType = 'VpnS2S'; Legacy = $true }
Install-RemoteAccess @options
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
