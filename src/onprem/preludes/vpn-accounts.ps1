# Local accounts for VPN. .NET's accounts in place of Get-LocalUser: that came with WMF 5.1, and the machines of this
# procedure are older. With remote-access.
$assembly = @{ AssemblyName = 'System.DirectoryServices.AccountManagement' }
Add-Type @assembly
# Only accounts with this mark are ours.
$mark = 'VPN user of Gatehouse'
$machine = New-Object 'System.DirectoryServices.AccountManagement.PrincipalContext' 'Machine'

function Find-User {
  param([string]$Name)
  return [DirectoryServices.AccountManagement.UserPrincipal]::FindByIdentity($machine, 'SamAccountName', $Name)
}

# Built-in accounts, and members of the group that is Administrators in every language: none of them is let in.
function Test-Privileged {
  param([object]$User)
  if ($User.Sid.Value -match '-50\d\z') {
    return $true
  }
  return $User.IsMemberOf($machine, 'Sid', 'S-1-5-32-544')
}

# The names of a user's sessions, as the server writes them.
function Get-UserSession {
  param([string]$Name)
  $access = Get-InstalledAccess
  if ($null -eq $access -or [string]$access.VpnStatus -ne 'Installed') {
    return @()
  }
  $names = @(Get-RemoteAccessConnectionStatistics | ForEach-Object { $_.UserName } | ForEach-Object { [string]$_ })
  return @($names | Where-Object { ($_ -split '\\')[-1] -eq $Name })
}

# Those without a session are not there to be disconnected.
function Disconnect-User {
  param([string]$Name)
  foreach ($session in @(Get-UserSession $Name)) {
    $options = @{ UserName = $session }
    Disconnect-VpnUser @options
  }
}
