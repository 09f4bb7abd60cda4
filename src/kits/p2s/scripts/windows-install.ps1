# Sets up the VPN connection of this kit and its certificates; README.txt says how. Started again it replaces what it set up before.
param(
  # For everybody who signs in to this machine, and not for yourself alone.
  [switch]$AllUsers,
  # Only what needs an administrator; what people need of their own they get with -CertificateOnly.
  [switch]$MachinePartOnly,
  # Only your certificate, for a connection that the machine has.
  [switch]$CertificateOnly
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$settings = @{}

function Add-Certificate {
  param([string]$Location, [string]$Store, [string]$Name, [string]$Thumbprint)
  $file = Join-Path $PSScriptRoot $Name
  $certificate = New-Object 'System.Security.Cryptography.X509Certificates.X509Certificate2' $file
  # Nothing but the certificates that this kit was made with become trusted.
  if ($certificate.Thumbprint -ne $Thumbprint) {
    throw ($Name + ' is not the certificate that belongs to this script. Unpack the whole kit again, into an empty folder.')
  }
  $place = 'Cert:\' + $Location + '\' + $Store
  $isThere = Test-Path -LiteralPath (Join-Path $place $Thumbprint)
  Add-Note $Location $Store $Thumbprint $isThere
  if (-not $isThere) {
    $import = @{
      FilePath = $file
      CertStoreLocation = $place
    }
    Import-Certificate @import | Out-Null
  }
}

# The note comes before what it is of: a certificate that came without one would stay.
function Add-Note {
  param([string]$Location, [string]$Store, [string]$Thumbprint, [bool]$IsThere)
  $hive = Get-Hive $Location
  $path = Get-NotePath $Store $Thumbprint
  $note = $hive.OpenSubKey($path, $true)
  if (($null -eq $note) -and (-not $IsThere)) {
    $note = $hive.CreateSubKey($path)
  }
  if ($null -ne $note) {
    $note.SetValue($settings.Name, '')
    $note.Close()
  }
}

function Add-ClientChain {
  param([string]$Location)
  Add-Certificate $Location 'Root' 'ClientRoot.cer' $settings.RootThumbprint
  $number = 0
  foreach ($thumbprint in $settings.Intermediates) {
    $number += 1
    Add-Certificate $Location 'CA' ('Intermediate' + $number + '.cer') $thumbprint
  }
}

# Windows selects the client certificate by what it leads to, so that a renewed one is taken as well (EapConfig.xml).
function Add-Connection {
  param([bool]$IsForAll)
  $known = @{
    Name = $settings.Name
    AllUserConnection = $IsForAll
    ErrorAction = 'SilentlyContinue'
  }
  $before = Get-VpnConnection @known
  # Networks of two gateways may have one name. What leads elsewhere is not this kit's to replace.
  if (($null -ne $before) -and ($before.ServerAddress -ne $settings.ServerAddress)) {
    throw ('There is another connection {0}, to {1}. Rename or remove it in the settings of Windows, or start the uninstall.ps1 that came with it; then start this script again.' -f $settings.Name, $before.ServerAddress)
  }
  Remove-Connection $IsForAll
  $eap = New-Object 'System.Xml.XmlDocument'
  $eap.Load((Join-Path $PSScriptRoot 'EapConfig.xml'))
  $vpn = @{
    Name = $settings.Name
    ServerAddress = $settings.ServerAddress
    TunnelType = 'Ikev2'
    EncryptionLevel = 'Required'
    AuthenticationMethod = 'Eap'
    EapConfigXmlStream = $eap
    AllUserConnection = $IsForAll
    SplitTunneling = $true
    RememberCredential = $true
    Force = $true
    PassThru = $true
  }
  Add-VpnConnection @vpn | Out-Null
  foreach ($prefix in $settings.Routes) {
    $route = @{
      ConnectionName = $settings.Name
      DestinationPrefix = $prefix
      AllUserConnection = $IsForAll
    }
    Add-VpnConnectionRoute @route
  }
}

function Test-ClientKey {
  $found = @(Get-ChildItem -LiteralPath 'Cert:\CurrentUser\My' | Where-Object { $_.Thumbprint -eq $settings.Thumbprint })
  return ($found.Count -gt 0) -and $found[0].HasPrivateKey
}

# The key stays in the Windows store: nothing exports it from there.
function Import-ClientKey {
  param([string]$File)
  $before = @(Get-ChildItem -LiteralPath 'Cert:\CurrentUser\My' | ForEach-Object { $_.Thumbprint })
  $import = @{
    FilePath = $File
    CertStoreLocation = 'Cert:\CurrentUser\My'
    Password = Get-PfxPassword
  }
  try {
    $imported = @(Import-PfxCertificate @import)
  } catch {
    throw ('{0} does not open: the password is wrong, or this Windows does not know how the file is encrypted. {1}' -f $settings.PfxName, $_.Exception.Message)
  }
  # The chain comes along, and belongs elsewhere.
  foreach ($certificate in $imported) {
    if (($certificate.Thumbprint -ne $settings.Thumbprint) -and ($before -notcontains $certificate.Thumbprint)) {
      Remove-Item -LiteralPath ('Cert:\CurrentUser\My\' + $certificate.Thumbprint)
    }
  }
}

function Get-PfxPassword {
  if ($settings.PfxPassword -ne '') {
    return (ConvertTo-SecureString -String $settings.PfxPassword -AsPlainText -Force)
  }
  return (Read-Host -Prompt ('Password of ' + $settings.PfxName) -AsSecureString)
}

function Add-ClientCertificate {
  if (Test-ClientKey) {
    Add-Note 'CurrentUser' 'My' $settings.Thumbprint $true
    return
  }
  Add-Note 'CurrentUser' 'My' $settings.Thumbprint $false
  $pfx = Join-Path $PSScriptRoot $settings.PfxName
  if (Test-Path -LiteralPath $pfx) {
    Import-ClientKey $pfx
  } else {
    # The key that certreq made for the request waits in the store.
    certreq.exe -accept -user (Join-Path $PSScriptRoot $settings.CertificateName) | Out-Null
  }
  if (-not (Test-ClientKey)) {
    throw ('The private key of the certificate is not here. It is where the request was made: in the Windows store of that account and machine if certreq made it, else in a file. README.txt says how to make {0} of that; put it beside this script.' -f $settings.PfxName)
  }
}

function Install-MachinePart {
  Add-Certificate 'LocalMachine' 'Root' 'VpnServerRoot.cer' $settings.ServerRootThumbprint
  if ($AllUsers) {
    Add-ClientChain 'LocalMachine'
    if ($settings.AddsConnection) {
      Add-Connection $true
    }
  }
}

# Whether the machine trusts the gateway already, and nobody will take that away while this connection is there.
function Test-MachinePart {
  if ($AllUsers -or -not (Test-Path -LiteralPath ('Cert:\LocalMachine\Root\' + $settings.ServerRootThumbprint))) {
    return $false
  }
  $note = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey((Get-NotePath 'Root' $settings.ServerRootThumbprint), $false)
  return ($null -eq $note) -or ($note.GetValueNames() -contains $settings.Name)
}

Assert-Architecture
if ($MachinePartOnly) {
  if (-not (Test-Elevated)) {
    throw 'This part needs an administrator. Right-click Windows PowerShell, choose "Run as administrator" and start this script there again.'
  }
  Install-MachinePart
  Write-Host ('The machine is ready for the connection ' + $settings.Name + '.')
  exit 0
}
if ((-not $CertificateOnly) -and (-not (Test-MachinePart))) {
  if (Test-Elevated) {
    Install-MachinePart
  } else {
    $more = @()
    if ($AllUsers) {
      $more = @('-AllUsers')
    }
    Start-Elevated 'install.ps1' $more
  }
}
if (-not $AllUsers) {
  Add-ClientChain 'CurrentUser'
}
Add-ClientCertificate
if ($settings.AddsConnection -and (-not $AllUsers) -and (-not $CertificateOnly)) {
  Add-Connection $false
}
Write-Host $settings.NextStep
