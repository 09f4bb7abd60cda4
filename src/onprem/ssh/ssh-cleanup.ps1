# Gatehouse ssh-cleanup
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$asked = ConvertFrom-Json @($input)[0]
if ($asked.id -notmatch '^[a-z0-9-]{1,90}$') {
  throw 'BadRequest'
}
$name = @{ TaskName = 'Gatehouse-' + $asked.id; ErrorAction = 'SilentlyContinue' }
Stop-ScheduledTask @name
$quiet = @{ Confirm = $false }
Unregister-ScheduledTask @name @quiet
$folder = Join-Path $env:ProgramData ('Gatehouse\commands\' + $asked.id)
# The task first, the folder last: while the folder is there, a repeated cleanup finds what is left.
if (Test-Path $folder) {
  $options = @{ Path = $folder; Recurse = $true; Force = $true }
  Remove-Item @options
}
'{"state":"gone"}'
