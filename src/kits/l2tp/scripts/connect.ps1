# Sets up the VPN connection of this kit for every user of this machine, and trusts the certificate of what is behind it.
# Run it as an administrator; README.txt says how. It holds the shared key: delete it once the connection works.
param(
  # Trust the certificate for yourself alone; Windows asks before it does.
  [switch]$CurrentUserOnly
)
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

# Nothing but the certificate that this kit was made with becomes trusted.
$file = Join-Path $PSScriptRoot 'CA.cer'
$certificate = New-Object 'System.Security.Cryptography.X509Certificates.X509Certificate2' $file
if ($certificate.Thumbprint -ne $settings.Thumbprint) {
  throw 'CA.cer is not the certificate that belongs to this script. Unpack the kit again.'
}
$store = 'Cert:\LocalMachine\Root'
$hive = [Microsoft.Win32.Registry]::LocalMachine
if ($CurrentUserOnly) {
  $store = 'Cert:\CurrentUser\Root'
  $hive = [Microsoft.Win32.Registry]::CurrentUser
}
$isTrusted = Test-Path -LiteralPath (Join-Path $store $settings.Thumbprint)
# disconnect.ps1 takes away what such scripts brought, when the last connection that needs it goes; what was trusted before stays. The
# note comes first: a root that came without one would stay.
$notePath = 'SOFTWARE\Gatehouse\VpnRoots\' + $settings.Thumbprint
$note = $hive.OpenSubKey($notePath, $true)
if ((-not $isTrusted) -and ($null -eq $note)) {
  $note = $hive.CreateSubKey($notePath)
}
if ($null -ne $note) {
  $note.SetValue($settings.Name, '')
  $note.Close()
}
if (-not $isTrusted) {
  $trust = @{
    FilePath = $file
    CertStoreLocation = $store
  }
  Import-Certificate @trust | Out-Null
}

# An earlier connection of this name may have another key. While it is connected it cannot be removed.
$known = @{
  Name = $settings.Name
  AllUserConnection = $true
  ErrorAction = 'SilentlyContinue'
}
$earlier = Get-VpnConnection @known
if ($null -ne $earlier) {
  rasdial.exe $settings.Name /d | Out-Null
  $removal = @{
    Name = $settings.Name
    AllUserConnection = $true
    Force = $true
  }
  Remove-VpnConnection @removal
}

# Force: Windows asks for confirmation of a shared key otherwise.
$vpn = @{
  Name = $settings.Name
  ServerAddress = $settings.ServerAddress
  TunnelType = 'L2tp'
  EncryptionLevel = 'Required'
  AuthenticationMethod = 'MSChapv2'
  AllUserConnection = $true
  L2tpPsk = $settings.SharedKey
  SplitTunneling = $settings.IsSplit
  DnsSuffix = $settings.DnsSuffix
  RememberCredential = $true
  Force = $true
  PassThru = $true
}
Add-VpnConnection @vpn

foreach ($prefix in $settings.SplitRoutes) {
  $route = @{
    ConnectionName = $settings.Name
    DestinationPrefix = $prefix
    RouteMetric = 2
    AllUserConnection = $true
    PassThru = $true
  }
  Add-VpnConnectionRoute @route
}

# By itself Windows keeps away from IPsec servers that are behind address translation (article 926179 of its knowledge base).
if ($settings.IsBehindNat) {
  $rule = @{
    LiteralPath = 'HKLM:\SYSTEM\CurrentControlSet\Services\PolicyAgent'
    Name = 'AssumeUDPEncapsulationContextOnSendRule'
    PropertyType = 'DWord'
    Value = 2
    Force = $true
  }
  New-ItemProperty @rule | Out-Null
  Write-Warning 'The server is behind address translation: restart this machine before you connect for the first time.'
}

Write-Host ('Connect as ' + $settings.UserName + ', then open https://' + $settings.PortalFqdn + '.')
