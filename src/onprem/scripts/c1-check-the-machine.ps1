# C1: who and what answers, and whether steps can work there at all.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# Plain words, or nothing. 6.3 is Windows Server 2012 R2, which comes with PowerShell 4.0.
function Find-Obstacle {
  param([version]$Windows, [string]$Installation)
  $own = $PSVersionTable.PSVersion
  if ($own.Major -lt 4) {
    return 'Windows PowerShell {0} is too old. The steps need 4.0 or 5.1: install Windows Management Framework 5.1.' -f $own
  }
  if ($own.Major -gt 5) {
    return 'PowerShell {0} answers. The steps need Windows PowerShell, 4.0 or 5.1: start powershell.exe.' -f $own
  }
  if ($Windows -lt [version]'6.3') {
    return 'Windows {0} is too old. The steps need Windows Server 2012 R2 (6.3) or newer.' -f $Windows
  }
  if ($Installation -eq 'Nano Server') {
    return 'This is Nano Server, which has neither the roles nor the cmdlets that the steps need. Use a full installation.'
  }
  if (-not [Environment]::Is64BitProcess) {
    return 'This is the 32-bit PowerShell, which sees neither the modules nor the registry of the steps. Start the 64-bit one.'
  }
  return ''
}

Write-Verbose ('{0}: looking at this machine.' -f $Mode)
$query = @{ ClassName = 'Win32_OperatingSystem' }
$system = Get-CimInstance @query
$about = Get-Item -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$identity = [Security.Principal.WindowsIdentity]::GetCurrent()
$principal = New-Object 'Security.Principal.WindowsPrincipal' $identity
$facts = @{
  hostName = $env:COMPUTERNAME
  osVersion = [string]$system.Version
  powerShellVersion = [string]$PSVersionTable.PSVersion
  isElevated = $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
  utcNow = [DateTime]::UtcNow.ToString('o')
}
$found = @{ Windows = [version]$system.Version; Installation = [string]$about.GetValue('InstallationType') }
$obstacle = Find-Obstacle @found
if ($obstacle) {
  return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = $facts; message = $obstacle }
}
return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
