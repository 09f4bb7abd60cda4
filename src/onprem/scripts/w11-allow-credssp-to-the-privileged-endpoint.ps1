# W11: the host may hand credentials on to this one computer. CredSSP gives the computer the password itself, so nothing
# wider is allowed, and undo puts back exactly the list from before.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9.-]{0,252}\z')]
  [string]$ComputerName
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, notes

# The cmdlet answers in the language of Windows; the targets in it are the same in all of them.
function Get-DelegateComputer {
  $text = @(Get-WSManCredSSP) -join ' '
  $found = [regex]::Matches($text, '(?i)wsman/([A-Za-z0-9.*_-]*[A-Za-z0-9*_-])')
  return @($found | ForEach-Object { $_.Groups[1].Value })
}

function Test-Delegation {
  $isOn = [string](Get-Item -LiteralPath 'WSMan:\localhost\Client\Auth\CredSSP').Value -eq 'true'
  if (-not $isOn) {
    return $false
  }
  $fitting = @(Get-DelegateComputer | Where-Object { $ComputerName -like $_ })
  return ($fitting.Count -gt 0)
}

function Enable-Delegation {
  param([string[]]$Computers)
  $enable = @{
    Role             = 'Client'
    DelegateComputer = $Computers
    Force            = $true
  }
  $null = Enable-WSManCredSSP @enable
}

if ($Mode -eq 'undo') {
  $answer.ok = $true
  $note = Get-Note -Name 'W11'
  if ($null -eq $note) {
    $answer.message = 'This procedure did not allow CredSSP here.'
    return $answer
  }
  Disable-WSManCredSSP -Role 'Client'
  $answer.changed = $true
  $before = @($note.before)
  if ($before.Count -gt 0) {
    Enable-Delegation -Computers $before
  }
  Remove-Note -Name 'W11'
  return $answer
}

$answer.ok = Test-Delegation
if ($answer.ok) {
  return $answer
}
if ($Mode -ne 'apply') {
  $answer.code = $notDone
  $answer.message = 'Credentials may not be delegated to ' + $ComputerName + ' from here.'
  return $answer
}

# A note from an earlier try, cut off, is the true one.
if ($null -eq (Get-Note -Name 'W11')) {
  Set-Note -Name 'W11' -Note @{ before = @(Get-DelegateComputer) }
}
$answer.changed = $true
Enable-Delegation -Computers @($ComputerName)
$answer.ok = Test-Delegation
if (-not $answer.ok) {
  $answer.code = 'Precondition'
  $answer.message = 'A group policy decides here to whom credentials may be delegated. Use the authentication Default instead.'
}
return $answer
