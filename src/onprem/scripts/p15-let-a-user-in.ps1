# P15: a local account that may dial in and no more. .NET's accounts in place of New-LocalUser: that came with WMF 5.1, and the machines
# of this procedure are older.
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

$assembly = @{ AssemblyName = 'System.DirectoryServices.AccountManagement' }
Add-Type @assembly
# Only accounts with this mark are ours.
$mark = 'VPN user of Gatehouse'
$machine = New-Object 'System.DirectoryServices.AccountManagement.PrincipalContext' 'Machine'

function Find-User {
  return [DirectoryServices.AccountManagement.UserPrincipal]::FindByIdentity($machine, 'SamAccountName', $UserName)
}

# Built-in accounts, and members of the group that is Administrators in every language.
function Test-Privileged {
  param([object]$User)
  if ($User.Sid.Value -match '-50\d\z') {
    return $true
  }
  return $User.IsMemberOf($machine, 'Sid', 'S-1-5-32-544')
}

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

# Those without a session are not there to be disconnected.
function Disconnect-User {
  $lookup = @{ Name = 'Get-RemoteAccess'; ErrorAction = 'SilentlyContinue' }
  if (-not (Get-Command @lookup) -or [string](Get-RemoteAccess).VpnStatus -ne 'Installed') {
    return
  }
  $names = @(Get-RemoteAccessConnectionStatistics | ForEach-Object { $_.UserName } | ForEach-Object { [string]$_ })
  foreach ($name in @($names | Where-Object { ($_ -split '\\')[-1] -eq $UserName })) {
    $options = @{ UserName = $name }
    Disconnect-VpnUser @options
  }
}

try {
  $user = Find-User
  if ($null -ne $user -and (Test-Privileged $user)) {
    $message = 'This account is an administrator or built in: it is not for VPN.'
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
    Disconnect-User
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
