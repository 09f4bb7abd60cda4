# P15R: the account goes. Only accounts that P15 made or took over are touched.
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
  if ($null -eq $user) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  if ($user.Description -ne $mark) {
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
    return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = 'The account is still there.' }
  }
  $changed = $true
  # A session outlives its account: nobody is let in any more first, then it is ended.
  $user.Enabled = $false
  $user.Save()
  Disconnect-User $UserName
  $user.Delete()
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
} finally {
  $machine.Dispose()
}
