# P11: the stack's own traffic goes out through address translation again. It compensates P4 to P10, so it also starts
# the service.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[^"\p{Cc}]{1,256}\z')]
  [string]$ExternalNic
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: native

# `full`, `private`, or nothing where the adapter takes no part. A dump is the same in every language.
function Get-NatMode {
  $dump = Invoke-Native { netsh 'routing' 'dump' }
  $pattern = '(?im)^\s*(?:add|set) interface (?:name\s*=\s*)?"{0}"\s+mode\s*=\s*(?<mode>\w+)' -f [regex]::Escape($ExternalNic)
  return [regex]::Match($dump.text, $pattern).Groups['mode'].Value
}

if ($Mode -eq 'undo') {
  $message = 'Address translation stays: the traffic of the stack needs it.'
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = $message }
}

$isRunning = [string](Get-Service 'RemoteAccess').Status -eq 'Running'
$natMode = Get-NatMode
if ($isRunning -and $natMode -eq 'full') {
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
}
if ($Mode -eq 'probe' -or $Mode -eq 'verify') {
  $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
  $message = 'Routing and Remote Access does not run, or the external adapter does not translate addresses.'
  return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = $message }
}

# The cmdlet takes names as patterns: they are compared here.
$adapters = @(Get-NetAdapter | Where-Object { $_.Name -eq $ExternalNic })
if ($adapters.Count -eq 0) {
  $message = 'The external adapter is gone: it was renamed or removed.'
  return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
}
$changed = $true
if (-not $isRunning) {
  Start-Service 'RemoteAccess'
}
$name = 'name={0}' -f $ExternalNic
if ($natMode) {
  $result = Invoke-Native { netsh 'routing' 'ip' 'nat' 'set' 'interface' $name 'mode=full' }
} else {
  # Installing what is installed says so and changes nothing.
  $null = Invoke-Native { netsh 'routing' 'ip' 'nat' 'install' }
  $result = Invoke-Native { netsh 'routing' 'ip' 'nat' 'add' 'interface' $name 'mode=full' }
}
if ($result.exitCode -ne 0) {
  return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = @{}; message = $result.text }
}
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
