# Gatehouse ssh-cancel
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$asked = ConvertFrom-Json @($input)[0]
if ($asked.id -notmatch '^[a-z0-9-]{1,90}$') {
  throw 'BadRequest'
}
$folder = Join-Path $env:ProgramData ('Gatehouse\commands\' + $asked.id)
if (Test-Path $folder) {
  # A task that has not begun finds this file and does not begin any more.
  $begun = Join-Path $folder 'begun'
  if (-not (Test-Path $begun)) {
    [IO.File]::WriteAllText($begun, '')
  }
  $name = @{ TaskName = 'Gatehouse-' + $asked.id; ErrorAction = 'SilentlyContinue' }
  Stop-ScheduledTask @name
  # The task's own process is gone; the command is its child and may live on.
  $query = @{ ClassName = 'Win32_Process'; Filter = 'Name = "powershell.exe"' }
  $path = Join-Path $folder 'command.ps1'
  foreach ($process in (Get-CimInstance @query)) {
    if ($process.CommandLine -and $process.CommandLine.Contains($path)) {
      $null = taskkill '/PID' $process.ProcessId '/T' '/F'
    }
  }
}
'{"state":"gone"}'
