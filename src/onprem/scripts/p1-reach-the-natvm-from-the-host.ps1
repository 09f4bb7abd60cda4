# P1: a session to the NATVM opens from the host. Its account is a local one, so WinRM wants the address in
# TrustedHosts.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\z')]
  [string]$ComputerName,
  [Parameter(Mandatory = $true)]
  [pscredential]$Credential
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$listPath = 'WSMan:\localhost\Client\TrustedHosts'
$folder = Join-Path $env:ProgramData 'Gatehouse\trusted-hosts'
# Undo takes out only what apply put in.
$note = Join-Path $folder $ComputerName

function Get-TrustedHost {
  $names = ([string](Get-Item $listPath).Value).Split(',')
  return @($names | ForEach-Object { $_.Trim() } | Where-Object { $_ })
}

function Test-Trusted {
  foreach ($pattern in @(Get-TrustedHost)) {
    if ($ComputerName -like $pattern) {
      return $true
    }
  }
  return $false
}

function Get-RemoteName {
  $opening = @{ ComputerName = $ComputerName; Credential = $Credential }
  $session = New-PSSession @opening
  try {
    $call = @{ Session = $session; ScriptBlock = { $env:COMPUTERNAME } }
    return [string](Invoke-Command @call)
  } finally {
    Remove-PSSession $session
  }
}

if ($Mode -eq 'undo') {
  if (-not (Test-Path $note)) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $changed = $true
  $others = @(Get-TrustedHost | Where-Object { $_ -ne $ComputerName })
  $options = @{ Path = $listPath; Value = ($others -join ','); Force = $true }
  Set-Item @options
  Remove-Item $note
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
}

$isTrusted = Test-Trusted
if (-not $isTrusted -and $Mode -eq 'probe') {
  return [ordered]@{ ok = $false; changed = $false; code = 'NotDone'; facts = @{}; message = 'This machine does not have the address in TrustedHosts.' }
}
$changed = $false
if (-not $isTrusted -and $Mode -eq 'apply') {
  $changed = $true
  $null = [IO.Directory]::CreateDirectory($folder)
  [IO.File]::WriteAllText($note, '')
  $options = @{ Path = $listPath; Value = $ComputerName; Concatenate = $true; Force = $true }
  Set-Item @options
}
# A wrong password is tried once: the launcher names it AuthFailed.
$facts = @{ hostName = Get-RemoteName }
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = $facts; message = '' }
