# Removes the VPN connection of this kit and the trust in the certificate of what is behind it.
# Run it as an administrator; README.txt says how.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$settings = @{}

function Test-Elevated {
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $principal = New-Object 'Security.Principal.WindowsPrincipal' $identity
  return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

if (-not (Test-Elevated)) {
  throw 'The connection is for every user of this machine, so this needs an administrator. Right-click Windows PowerShell, choose "Run as administrator" and start this script there again.'
}

$known = @{
  Name = $settings.Name
  AllUserConnection = $true
  ErrorAction = 'SilentlyContinue'
}
$connection = Get-VpnConnection @known
if ($null -ne $connection) {
  rasdial.exe $settings.Name /d | Out-Null
  $removal = @{
    Name = $settings.Name
    AllUserConnection = $true
    Force = $true
  }
  Remove-VpnConnection @removal
}

# The certificate goes with the last connection that needs it, where connect.ps1 brought it. One that was trusted before stays.
$notePath = 'SOFTWARE\Gatehouse\VpnRoots\' + $settings.Thumbprint
$places = @(
  @{ Store = 'Cert:\LocalMachine\Root'; Hive = [Microsoft.Win32.Registry]::LocalMachine }
  @{ Store = 'Cert:\CurrentUser\Root'; Hive = [Microsoft.Win32.Registry]::CurrentUser }
)
foreach ($place in $places) {
  $note = $place.Hive.OpenSubKey($notePath, $true)
  if ($null -eq $note) {
    continue
  }
  $others = @($note.GetValueNames() | Where-Object { $_ -ne $settings.Name })
  if ($others.Count -gt 0) {
    $note.DeleteValue($settings.Name, $false)
    $note.Close()
    continue
  }
  $note.Close()
  $path = Join-Path $place.Store $settings.Thumbprint
  if (Test-Path -LiteralPath $path) {
    Remove-Item -LiteralPath $path
  }
  $place.Hive.DeleteSubKey($notePath, $false)
}

Write-Host ('The connection ' + $settings.Name + ' is gone from this machine.')
$store = Join-Path 'Cert:\LocalMachine\Root' $settings.Thumbprint
if (Test-Path -LiteralPath $store) {
  Write-Host 'Its certificate is still trusted: it was before this kit, or another connection needs it.'
}
