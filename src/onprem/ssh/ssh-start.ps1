# Gatehouse ssh-start
# One line of JSON in, one out. The command runs as a scheduled task: it outlives this connection, and the service of
# the VPN too.
$ErrorActionPreference = 'Stop'
$answer = @{ state = 'started' }
$part = ''
try {
  $asked = ConvertFrom-Json @($input)[0]
  if ($asked.id -notmatch '^[a-z0-9-]{1,90}$' -or $asked.invocation -notmatch '^[A-Za-z0-9_-]+$') {
    throw 'BadRequest'
  }
  $folder = Join-Path $env:ProgramData ('Gatehouse\commands\' + $asked.id)
  $task = @{ TaskName = 'Gatehouse-' + $asked.id }
  if (Test-Path $folder) {
    $answer.state = 'attached'
  } else {
    # The folder appears under its own name only when it is whole: who finds it may attach.
    $part = $folder + '.' + [guid]::NewGuid()
    $null = [IO.Directory]::CreateDirectory($part)
    $rights = @('*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F')
    $who = @{ User = 'S-1-5-18' }
    if ($asked.runAs) {
      $rights += $asked.runAs.username + ':(OI)(CI)M'
      $who = @{ User = $asked.runAs.username; Password = $asked.runAs.password }
    }
    $null = icacls $part '/inheritance:r' '/grant' $rights
    if ($LASTEXITCODE -ne 0) {
      throw 'icacls'
    }
    $type = @{ AssemblyName = 'System.Security' }
    Add-Type @type
    $clear = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $asked.secrets))
    $sealed = [Security.Cryptography.ProtectedData]::Protect($clear, $null, 'LocalMachine')
    [IO.File]::WriteAllBytes("$part\secrets.bin", $sealed)
    [IO.File]::WriteAllText("$part\command.ps1", $asked.script)
    [IO.File]::WriteAllLines("$part\asked", [string[]]@($asked.invocation, $asked.timeoutSeconds))
    # Whoever makes `begun` runs the command: a task that is started twice runs it once. 1460: the time is over.
    $run = @'
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
[IO.File]::Open("$PSScriptRoot\begun", 'CreateNew').Close()
$asked = Get-Content 'asked'
$words = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "{0}\command.ps1" -Invocation {1}' -f $PSScriptRoot, $asked[0]
$files = @{ RedirectStandardOutput = 'output'; RedirectStandardError = 'error' }
$options = @{ FilePath = 'powershell'; ArgumentList = $words; PassThru = $true }
$child = Start-Process @options @files
$null = $child.Handle
$code = 1460
if ($child.WaitForExit(1000 * $asked[1])) {
  $code = $child.ExitCode
} else {
  taskkill '/PID' $child.Id '/T' '/F'
}
Set-Content 'exit.new' $code
Rename-Item 'exit.new' 'exit'
'@
    [IO.File]::WriteAllText("$part\run.ps1", $run)
    $words = '-NoProfile -ExecutionPolicy Bypass -File "{0}\run.ps1"' -f $folder
    $call = @{ Execute = 'powershell'; Argument = $words }
    $options = @{ Action = (New-ScheduledTaskAction @call); RunLevel = 'Highest'; Force = $true }
    $null = Register-ScheduledTask @task @who @options
    try {
      [IO.Directory]::Move($part, $folder)
    } catch [IO.IOException] {
      # Another start was first.
      $answer.state = 'attached'
    }
  }
  if (-not (Test-Path "$folder\begun")) {
    Start-ScheduledTask @task
  }
} catch {
  # The name of the fault: its text could repeat what it was given. 0x52e, 0x775: wrong password, locked.
  $answer = @{ state = 'failed'; code = 'ToolFailed'; message = $_.FullyQualifiedErrorId }
  if ($answer.message -match '0x8007052e|0x80070775') {
    $answer.code = 'AuthFailed'
  }
} finally {
  if ($part -and (Test-Path $part)) {
    [IO.Directory]::Delete($part, $true)
  }
}
$options = @{ Compress = $true }
ConvertTo-Json @options $answer
