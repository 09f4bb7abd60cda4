# C2: restarts a machine that asks for it. Apply notes the start before; verify wants a later one.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$folder = Join-Path $env:ProgramData 'Gatehouse'
$note = Join-Path $folder 'restart-asked'
$query = @{ ClassName = 'Win32_OperatingSystem' }
$started = (Get-CimInstance @query).LastBootUpTime.ToUniversalTime()
$startedText = $started.ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture)
$facts = @{ lastBootUtc = $startedText }

function Test-RestartPending {
  $marks = @(
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
  )
  foreach ($mark in $marks) {
    if (Test-Path $mark) {
      return $true
    }
  }
  # What Windows Installer leaves when it ends with 3010.
  $manager = Get-Item 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'
  return ($null -ne $manager.GetValue('PendingFileRenameOperations'))
}

function Test-StartedSince {
  if (-not (Test-Path $note)) {
    return $false
  }
  return ([IO.File]::ReadAllText($note) -ne $startedText)
}

if ($Mode -eq 'probe') {
  $isPending = Test-RestartPending
  $code = ''
  if ($isPending) {
    $code = 'NotDone'
  }
  return [ordered]@{ ok = (-not $isPending); changed = $false; code = $code; facts = $facts; message = '' }
}

if ($Mode -eq 'verify') {
  if (Test-StartedSince) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
  }
  $message = 'The machine has not started again yet.'
  return [ordered]@{ ok = $false; changed = $false; code = 'VerifyFailed'; facts = $facts; message = $message }
}

$null = [IO.Directory]::CreateDirectory($folder)
[IO.File]::WriteAllText($note, $startedText)
# Half a minute: this answer has to get away first.
$ErrorActionPreference = 'Continue'
$null = shutdown '/r' '/t' '30' '/d' 'p:4:1' '/c' 'Gatehouse restarts this machine.' 2>&1
$exitCode = $LASTEXITCODE
$ErrorActionPreference = 'Stop'
# 1190: somebody asked for a restart already.
if ($exitCode -ne 0 -and $exitCode -ne 1190) {
  $message = 'shutdown ended with {0}.' -f $exitCode
  return [ordered]@{ ok = $false; changed = $false; code = 'ToolFailed'; facts = $facts; message = $message }
}
return [ordered]@{ ok = $true; changed = $true; code = ''; facts = $facts; message = '' }
