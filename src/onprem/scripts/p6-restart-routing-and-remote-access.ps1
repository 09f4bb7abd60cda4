# P6, and P9: the service starts again, so that what was set counts. Its clients are dropped.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$name = 'RemoteAccess'

function Test-Stopped {
  param([int]$Seconds)
  $service = Get-Service $name
  try {
    $service.WaitForStatus('Stopped', [TimeSpan]::FromSeconds($Seconds))
    return $true
  } catch [ServiceProcess.TimeoutException] {
    return $false
  } finally {
    $service.Dispose()
  }
}

# Stopping can hang. Its process is ended only where no other service lives in it.
function Stop-Hanging {
  $query = @{ ClassName = 'Win32_Service'; Filter = 'Name = "RemoteAccess"' }
  $processId = (Get-CimInstance @query).ProcessId
  if ($processId -eq 0) {
    return $true
  }
  $together = @{ ClassName = 'Win32_Service'; Filter = ('ProcessId = {0}' -f $processId) }
  if (@(Get-CimInstance @together).Count -gt 1) {
    return $false
  }
  $options = @{ Id = $processId; Force = $true }
  Stop-Process @options
  return (Test-Stopped 20)
}

# Faults of the service itself since it was last asked to start; those of single clients begin with their connection's
# id.
function Get-Fault {
  $query = @{ LogName = 'System'; ProviderName = $name; Level = 2; StartTime = [DateTime]::Now.AddSeconds(-60) }
  $options = @{ FilterHashtable = $query; ErrorAction = 'SilentlyContinue' }
  $events = @(Get-WinEvent @options | Where-Object { $_.Id -ge 20000 -and $_.Id -le 20999 -and $_.Message -notlike 'CoId=*' })
  return @($events | ForEach-Object { $_.Id } | Sort-Object)
}

if ($Mode -eq 'probe') {
  return [ordered]@{ ok = $false; changed = $false; code = 'NotDone'; facts = @{}; message = '' }
}
if ($Mode -eq 'verify') {
  $status = [string](Get-Service $name).Status
  $faults = @(Get-Fault)
  if ($status -eq 'Running' -and $faults.Count -eq 0) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $message = 'The service is {0}; its faults in the event log: {1}.' -f $status, ($faults -join ', ')
  return [ordered]@{ ok = $false; changed = $false; code = 'VerifyFailed'; facts = @{}; message = $message }
}

$changed = $true
if ([string](Get-Service $name).Status -ne 'Stopped') {
  # Without waiting, which Stop-Service of PowerShell 4.0 cannot. What depends on the service is stopped with it.
  (Get-Service $name).Stop()
  if (-not (Test-Stopped 45) -and -not (Stop-Hanging)) {
    $message = 'The service does not stop and shares its process with others: restart the machine.'
    return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = @{}; message = $message }
  }
}
Start-Service $name
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
