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

$assembly = @{ AssemblyName = 'System.DirectoryServices.AccountManagement' }
Add-Type @assembly
$mark = 'VPN user of Gatehouse'
$machine = New-Object 'System.DirectoryServices.AccountManagement.PrincipalContext' 'Machine'

# The names of this user's sessions, as the server writes them.
function Get-Session {
  $lookup = @{ Name = 'Get-RemoteAccess'; ErrorAction = 'SilentlyContinue' }
  if (-not (Get-Command @lookup) -or [string](Get-RemoteAccess).VpnStatus -ne 'Installed') {
    return @()
  }
  $names = @(Get-RemoteAccessConnectionStatistics | ForEach-Object { $_.UserName } | ForEach-Object { [string]$_ })
  return @($names | Where-Object { ($_ -split '\\')[-1] -eq $UserName })
}

try {
  $user = [DirectoryServices.AccountManagement.UserPrincipal]::FindByIdentity($machine, 'SamAccountName', $UserName)
  $isOpen = $null -ne $user -and $user.Enabled -eq $true
  $sessions = @(Get-Session)
  if (-not $isOpen -and $sessions.Count -eq 0) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  if ($isOpen -and $user.Description -ne $mark) {
    $message = 'This account was not made for VPN: it is left alone.'
    return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
  }
  if ($Mode -ne 'apply') {
    $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
    return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = 'The user may still come in.' }
  }
  # First the door, then those who are inside: in the other order they could come in again.
  if ($isOpen) {
    $user.Enabled = $false
    $user.Save()
  }
  foreach ($name in $sessions) {
    $options = @{ UserName = $name }
    Disconnect-VpnUser @options
  }
  return [ordered]@{ ok = $true; changed = $true; code = ''; facts = @{}; message = '' }
} finally {
  $machine.Dispose()
}
