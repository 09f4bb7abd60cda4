# Takes away what install.ps1 of this kit set up: the connection, the certificate with its key, and the roots that it brought.
param(
  # Only what needs an administrator.
  [switch]$MachinePartOnly,
  # Leave your certificate: another connection of yours may use it.
  [switch]$KeepCertificate
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$settings = @{}

function Remove-Certificate {
  param([string]$Location, [string]$Store, [string]$Thumbprint)
  $hive = Get-Hive $Location
  $path = Get-NotePath $Store $Thumbprint
  $note = $hive.OpenSubKey($path, $true)
  if ($null -eq $note) {
    return
  }
  $others = @($note.GetValueNames() | Where-Object { $_ -ne $settings.Name })
  if ($others.Count -gt 0) {
    $note.DeleteValue($settings.Name, $false)
    $note.Close()
    return
  }
  $note.Close()
  $item = 'Cert:\' + $Location + '\' + $Store + '\' + $Thumbprint
  if (Test-Path -LiteralPath $item) {
    if ($Store -eq 'My') {
      Remove-Item -LiteralPath $item -DeleteKey
    } else {
      Remove-Item -LiteralPath $item
    }
  }
  $hive.DeleteSubKey($path, $false)
}

function Remove-ClientChain {
  param([string]$Location)
  foreach ($thumbprint in $settings.Intermediates) {
    Remove-Certificate $Location 'CA' $thumbprint
  }
  Remove-Certificate $Location 'Root' $settings.RootThumbprint
}

function Test-MachineNote {
  param([string]$Store, [string]$Thumbprint)
  $note = [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey((Get-NotePath $Store $Thumbprint), $false)
  return ($null -ne $note) -and ($note.GetValueNames() -contains $settings.Name)
}

# Whether there is anything that takes an administrator.
function Test-MachinePart {
  $known = @{
    Name = $settings.Name
    AllUserConnection = $true
    ErrorAction = 'SilentlyContinue'
  }
  if ($null -ne (Get-VpnConnection @known)) {
    return $true
  }
  return (Test-MachineNote 'Root' $settings.ServerRootThumbprint) -or (Test-MachineNote 'Root' $settings.RootThumbprint)
}

function Uninstall-MachinePart {
  Remove-Connection $true
  Remove-ClientChain 'LocalMachine'
  Remove-Certificate 'LocalMachine' 'Root' $settings.ServerRootThumbprint
}

if ($MachinePartOnly) {
  if (-not (Test-Elevated)) {
    throw 'This part needs an administrator. Right-click Windows PowerShell, choose "Run as administrator" and start this script there again.'
  }
  Uninstall-MachinePart
  Write-Host ('The connection ' + $settings.Name + ' is gone from this machine.')
  exit 0
}
Remove-Connection $false
if (-not $KeepCertificate) {
  Remove-Certificate 'CurrentUser' 'My' $settings.Thumbprint
}
Remove-ClientChain 'CurrentUser'
if (Test-MachinePart) {
  if (Test-Elevated) {
    Uninstall-MachinePart
  } else {
    Start-Elevated 'uninstall.ps1' @()
  }
}
Write-Host ('The connection ' + $settings.Name + ' is gone.')
