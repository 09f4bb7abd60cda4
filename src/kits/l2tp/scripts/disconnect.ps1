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

foreach ($store in @('Cert:\LocalMachine\Root', 'Cert:\CurrentUser\Root')) {
  $path = Join-Path $store $settings.Thumbprint
  if (Test-Path -LiteralPath $path) {
    Remove-Item -LiteralPath $path
  }
}

Write-Host ('The connection ' + $settings.Name + ' and its certificate are gone from this machine.')
