function Test-Elevated {
  $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
  $principal = New-Object 'Security.Principal.WindowsPrincipal' $identity
  return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

# The cmdlets of the VPN client are those of the Windows itself: a 32-bit PowerShell on a 64-bit Windows has none.
function Assert-Architecture {
  if ($env:PROCESSOR_ARCHITEW6432) {
    throw 'This is the 32-bit PowerShell of a 64-bit Windows. Start "Windows PowerShell", not "Windows PowerShell (x86)".'
  }
  $is32Bit = $env:PROCESSOR_ARCHITECTURE -eq 'x86'
  if ($settings.Is64Bit -and $is32Bit) {
    throw 'This Windows is a 32-bit one: ask for the kit windows-x86.'
  }
  if ((-not $settings.Is64Bit) -and (-not $is32Bit)) {
    throw 'This Windows is a 64-bit one: ask for the kit windows-x64.'
  }
}

# What needs an administrator, in a window of its own: Windows asks before it opens, and for whose account.
function Start-Elevated {
  param([string]$Script, [string[]]$More)
  $process = @{
    FilePath = 'powershell.exe'
    ArgumentList = @('-NoProfile', '-ExecutionPolicy', 'Bypass', '-File', ('"' + (Join-Path $PSScriptRoot $Script) + '"'), '-MachinePartOnly') + $More
    Verb = 'RunAs'
    Wait = $true
    PassThru = $true
  }
  $ended = Start-Process @process
  if ($ended.ExitCode -ne 0) {
    throw 'What needs an administrator was not done. Start this script again, and allow it when Windows asks.'
  }
}

# uninstall.ps1 takes away what such scripts brought into a store, with the last connection that needs it; what was there before stays.
# A note for each certificate says so, with a value for each connection.
function Get-NotePath {
  param([string]$Store, [string]$Thumbprint)
  $folders = @{ Root = 'VpnRoots'; CA = 'VpnIntermediates'; My = 'VpnClients' }
  return 'SOFTWARE\Gatehouse\' + $folders[$Store] + '\' + $Thumbprint
}

function Get-Hive {
  param([string]$Location)
  if ($Location -eq 'LocalMachine') {
    return [Microsoft.Win32.Registry]::LocalMachine
  }
  return [Microsoft.Win32.Registry]::CurrentUser
}

function Remove-Connection {
  param([bool]$IsForAll)
  $known = @{
    Name = $settings.Name
    AllUserConnection = $IsForAll
    ErrorAction = 'SilentlyContinue'
  }
  if ($null -eq (Get-VpnConnection @known)) {
    return
  }
  # While it is connected it cannot be removed.
  rasdial.exe $settings.Name /d | Out-Null
  $removal = @{
    Name = $settings.Name
    AllUserConnection = $IsForAll
    Force = $true
  }
  Remove-VpnConnection @removal
}
