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

$assembly = @{ AssemblyName = 'System.DirectoryServices.AccountManagement' }
Add-Type @assembly
$mark = 'VPN user of Gatehouse'
$machine = New-Object 'System.DirectoryServices.AccountManagement.PrincipalContext' 'Machine'

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
  $user = [DirectoryServices.AccountManagement.UserPrincipal]::FindByIdentity($machine, 'SamAccountName', $UserName)
  if ($null -eq $user) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  if ($user.Description -ne $mark) {
    $message = 'This account was not made for VPN: it is left alone.'
    return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
  }
  if ($Mode -ne 'apply') {
    $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
    return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = 'The account is still there.' }
  }
  # A session outlives its account: the door is closed first, then it is ended.
  $user.Enabled = $false
  $user.Save()
  Disconnect-User
  $user.Delete()
  return [ordered]@{ ok = $true; changed = $true; code = ''; facts = @{}; message = '' }
} finally {
  $machine.Dispose()
}
