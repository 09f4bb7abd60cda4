# P8: a router for the LAN and for demand-dial connections that lets IPv4 clients in.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: native

$before = Join-Path $env:ProgramData 'Gatehouse\vpn-access\before\ras.txt'

# [MS-RRASM] 2.2.3.4.1: 1 lets clients in, 2 routes the LAN, 4 demand-dial; 8, 16 and 32 are the same for IPv6. netsh
# says it in the language of Windows.
function Test-Type {
  $key = Get-Item 'HKLM:\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters'
  $type = [int]$key.GetValue('RouterType', 0)
  return (($type -band 5) -eq 5 -and ($type -band 56) -eq 0)
}

function Get-TypeBefore {
  if (-not (Test-Path $before)) {
    return $null
  }
  $pattern = '(?im)^\s*set type ipv4rtrtype\s*=\s*(?<v4>\w+)\s+ipv6rtrtype\s*=\s*(?<v6>\w+)\s+rastype\s*=\s*(?<ras>\w+)'
  $found = [regex]::Match([IO.File]::ReadAllText($before), $pattern)
  if (-not $found.Success) {
    return $null
  }
  return @{ v4 = $found.Groups['v4'].Value; v6 = $found.Groups['v6'].Value; ras = $found.Groups['ras'].Value }
}

function Set-Type {
  param([string]$V4, [string]$V6, [string]$Ras)
  $router4 = 'ipv4rtrtype={0}' -f $V4
  $router6 = 'ipv6rtrtype={0}' -f $V6
  $access = 'rastype={0}' -f $Ras
  return Invoke-Native { netsh 'ras' 'set' 'type' $router4 $router6 $access }
}

if ($Mode -eq 'undo') {
  $was = Get-TypeBefore
  if ($null -eq $was) {
    $message = 'The earlier router type is not known: it stays as it is.'
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = $message }
  }
  $changed = $true
  $result = Set-Type $was.v4 $was.v6 $was.ras
  if ($result.exitCode -ne 0) {
    return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = @{}; message = $result.text }
  }
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
}
if ($Mode -ne 'apply') {
  if (Test-Type) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
  return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = 'Another router type is set.' }
}
$changed = $true
$result = Set-Type 'lananddd' 'none' 'ipv4'
# A wrong word prints the help and ends with 1. What it says of WCNNETSH.DLL means nothing here.
if ($result.exitCode -ne 0) {
  return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = @{}; message = $result.text }
}
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
