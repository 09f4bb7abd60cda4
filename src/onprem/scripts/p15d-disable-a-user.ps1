# P15D: the account stays, closed and without a session. Only accounts that P15 made or took over are touched.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^(?!.*\.\z)[A-Za-z0-9._-]{1,20}\z')]
  [string]$UserName
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: remote-access, vpn-accounts

try {
  $user = Find-User $UserName
  $isOpen = $null -ne $user -and $user.Enabled -eq $true
  $sessions = @(Get-UserSession $UserName)
  if (-not $isOpen -and $sessions.Count -eq 0) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  if ($isOpen -and $user.Description -ne $mark) {
    $message = 'This account was not made by Gatehouse for VPN: it is not changed.'
    # Somebody asked for the VPN with such a name, and P15 refused. Were this a failure, the VPN could never be closed
    # again.
    if (Test-Privileged $user) {
      return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = $message }
    }
    return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
  }
  if ($Mode -ne 'apply') {
    $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
    return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = 'The user can still connect.' }
  }
  $changed = $true
  # First who comes next, then those who are inside: in the other order they could come in again.
  if ($isOpen) {
    $user.Enabled = $false
    $user.Save()
  }
  Disconnect-User $UserName
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
} finally {
  $machine.Dispose()
}
