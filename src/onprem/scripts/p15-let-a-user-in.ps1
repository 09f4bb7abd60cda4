# P15: a local account that may dial in and no more.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^(?!.*\.\z)[A-Za-z0-9._-]{1,20}\z')]
  [string]$UserName,
  [Parameter(Mandatory = $true)]
  [bool]$ResetPassword,
  [Parameter(Mandatory = $true)]
  [securestring]$Password
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: remote-access, vpn-accounts

function Test-LetIn {
  param([object]$User)
  return ($null -ne $User -and $User.Enabled -eq $true -and $User.Description -eq $mark)
}

function Add-ToUsers {
  param([object]$User)
  $users = [DirectoryServices.AccountManagement.GroupPrincipal]::FindByIdentity($machine, 'Sid', 'S-1-5-32-545')
  try {
    if (-not $users.Members.Contains($User)) {
      $users.Members.Add($User)
      $users.Save()
    }
  } finally {
    $users.Dispose()
  }
}

# People cannot change the password themselves, so it must not run out under them.
function Save-User {
  param([object]$User, [bool]$SetPassword)
  $user = $User
  if ($null -eq $user) {
    $user = New-Object 'System.DirectoryServices.AccountManagement.UserPrincipal' $machine
    $user.SamAccountName = $UserName
  }
  $user.Description = $mark
  $user.AccountExpirationDate = $null
  $user.PasswordNeverExpires = $true
  $user.UserCannotChangePassword = $true
  if ($SetPassword) {
    $user.SetPassword((New-Object 'System.Net.NetworkCredential' @('', $Password)).Password)
  }
  $user.Enabled = $true
  $user.Save()
  Add-ToUsers $user
}

try {
  $user = Find-User $UserName
  if ($null -ne $user -and (Test-Privileged $user)) {
    $message = 'This account is built in or belongs to an administrator: it is given no VPN access.'
    return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
  }
  $isLetIn = Test-LetIn $user
  $facts = @{ isEnabled = ($null -ne $user -and $user.Enabled -eq $true) }

  if ($Mode -eq 'undo') {
    if (-not $isLetIn) {
      return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
    }
    $changed = $true
    $user.Enabled = $false
    $user.Save()
    Disconnect-User $UserName
    return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{ isEnabled = $false }; message = '' }
  }
  if ($Mode -eq 'apply') {
    # An account that was made by hand gets its password anew: nobody knows who has the old one.
    $isNew = $null -eq $user -or $user.Description -ne $mark
    $changed = $true
    try {
      Save-User $user ($isNew -or $ResetPassword)
    } catch [DirectoryServices.AccountManagement.PasswordException] {
      $message = 'The password does not meet the policy of this machine (2245).'
      return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = $facts; message = $message }
    }
    return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{ isEnabled = $true }; message = '' }
  }
  if ($isLetIn -and ($Mode -eq 'verify' -or -not $ResetPassword)) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
  }
  $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
  return [ordered]@{ ok = $false; changed = $false; code = $code; facts = $facts; message = '' }
} finally {
  $machine.Dispose()
}
