# Gatehouse ssh-poll
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$asked = ConvertFrom-Json @($input)[0]
if ($asked.id -notmatch '^[a-z0-9-]{1,90}$') {
  throw 'BadRequest'
}
$folder = Join-Path $env:ProgramData ('Gatehouse\commands\' + $asked.id)

# The end of a file that may still be written to, at most 1 MiB.
function Read-Tail {
  param([string]$Name)
  $path = Join-Path $folder $Name
  if (-not (Test-Path $path)) {
    return ''
  }
  $stream = [IO.File]::Open($path, 'Open', 'Read', 'ReadWrite')
  try {
    $length = [int][Math]::Min($stream.Length, 1048576)
    $null = $stream.Seek(-$length, 'End')
    $bytes = New-Object 'byte[]' $length
    $count = $stream.Read($bytes, 0, $length)
    return [Console]::OutputEncoding.GetString($bytes, 0, $count)
  } finally {
    $stream.Close()
  }
}

$answer = @{ state = 'absent' }
if (Test-Path $folder) {
  # First the task, then its result: in the other order a command that ends in between would seem to have died.
  $name = @{ TaskName = 'Gatehouse-' + $asked.id; ErrorAction = 'SilentlyContinue' }
  $task = Get-ScheduledTask @name
  $isActive = $task -and @('Running', 'Queued') -contains [string]$task.State
  $hasBegun = Test-Path (Join-Path $folder 'begun')
  $isYoung = [IO.Directory]::GetLastWriteTimeUtc($folder) -gt [DateTime]::UtcNow.AddSeconds(-60)
  $answer.state = 'running'
  $exit = Join-Path $folder 'exit'
  if (Test-Path $exit) {
    $answer = @{ state = 'ended'; exitCode = [int][IO.File]::ReadAllText($exit) }
  } elseif (-not $isActive -and ($hasBegun -or -not $isYoung)) {
    # The machine started again, or the command was canceled.
    $answer = @{ state = 'ended' }
  }
  if ($answer.state -eq 'ended') {
    $answer.output = Read-Tail 'output'
    $answer.error = Read-Tail 'error'
  }
}
$options = @{ InputObject = $answer; Compress = $true }
$escape = { param($Found) '\u{0:x4}' -f [int][char]$Found.Value }
$line = ConvertTo-Json @options
[Console]::Out.WriteLine([regex]::Replace($line, '[^\x20-\x7E]', [Text.RegularExpressions.MatchEvaluator]$escape))
