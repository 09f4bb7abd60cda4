# C1: who and what answers.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

Write-Verbose ('{0}: looking at this machine.' -f $Mode)
$query = @{ ClassName = 'Win32_OperatingSystem' }
$system = Get-CimInstance @query
$identity = [Security.Principal.WindowsIdentity]::GetCurrent()
$principal = New-Object 'Security.Principal.WindowsPrincipal' $identity
$facts = @{
  hostName = $env:COMPUTERNAME
  osVersion = [string]$system.Version
  powerShellVersion = [string]$PSVersionTable.PSVersion
  isElevated = $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
  utcNow = [DateTime]::UtcNow.ToString('o')
}
return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
