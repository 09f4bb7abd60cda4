# P10: clients get the name servers of this adapter.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[^"\p{Cc}]{1,256}\z')]
  [string]$InternalNic
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: native

$before = Join-Path $env:ProgramData 'Gatehouse\vpn-access\before\ras.txt'
# How a dump writes it: the same in every language.
$pattern = '(?im)^\s*set preferredadapter(?:\s+name\s*=)?\s*"?(?<name>[^"\r\n]+?)"?\s*$'

function Set-Adapter {
  param([string]$Nic)
  $name = 'name={0}' -f $Nic
  return Invoke-Native { netsh 'ras' 'ip' 'set' 'preferredadapter' $name }
}

$wanted = $InternalNic
if ($Mode -eq 'undo') {
  $was = [regex]::Match('', $pattern)
  if (Test-Path $before) {
    $was = [regex]::Match([IO.File]::ReadAllText($before, [Console]::OutputEncoding), $pattern)
  }
  if (-not $was.Success) {
    $message = 'No adapter was preferred before. This one stays preferred until the earlier settings are restored.'
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = $message }
  }
  $wanted = $was.Groups['name'].Value
}

$dump = Invoke-Native { netsh 'ras' 'ip' 'dump' }
$isDone = [regex]::Match($dump.text, $pattern).Groups['name'].Value -eq $wanted
if ($isDone -and $Mode -ne 'apply') {
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
}
if ($Mode -eq 'probe' -or $Mode -eq 'verify') {
  $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
  return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = 'Another adapter is preferred.' }
}
$changed = $true
$result = Set-Adapter $wanted
if ($result.exitCode -ne 0) {
  return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = @{}; message = $result.text }
}
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
