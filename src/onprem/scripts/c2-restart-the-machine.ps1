# C2: restarts a machine that asks for it. Apply does not outlive the restart: whoever waits for it looks again when the
# machine is back. It notes when the machine had started before, so that applying again after the restart does not
# restart once more.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: native

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

# A restart that was asked for within the last hour, and has happened.
function Test-Restarted {
  if (-not (Test-Path $note)) {
    return $false
  }
  $isFresh = [IO.File]::GetLastWriteTimeUtc($note) -gt [DateTime]::UtcNow.AddHours(-1)
  return ($isFresh -and [IO.File]::ReadAllText($note) -ne $startedText)
}

if ($Mode -eq 'apply' -and (Test-Restarted)) {
  $changed = $true
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = $facts; message = '' }
}
if ($Mode -ne 'apply') {
  if (-not (Test-RestartPending) -or ($Mode -eq 'verify' -and (Test-Restarted))) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
  }
  $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
  $message = 'The machine waits for a restart.'
  return [ordered]@{ ok = $false; changed = $false; code = $code; facts = $facts; message = $message }
}

$changed = $true
$null = [IO.Directory]::CreateDirectory($folder)
[IO.File]::WriteAllText($note, $startedText)
$exitCode = (Invoke-Native { shutdown '/r' '/t' '5' '/d' 'p:4:1' '/c' 'Gatehouse restarts this machine.' }).exitCode
$message = 'shutdown ended with {0}.' -f $exitCode
# 1190: somebody asked for a restart already.
if ($exitCode -eq 0 -or $exitCode -eq 1190) {
  $pause = @{ Seconds = 180 }
  Start-Sleep @pause
  $message = 'The machine did not go down within three minutes.'
}
return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = $facts; message = $message }
