# P3: what the machine was like before, for undo. The export of the network policies holds shared secrets: the folder is
# for administrators alone, and nothing of it leaves the machine.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: native, remote-access, address-ranges

$root = Join-Path $env:ProgramData 'Gatehouse\vpn-access'
$folder = Join-Path $root 'before'
$staging = Join-Path $root 'before.new'
$facts = @{ folder = $folder }

function Save-Text {
  param([string]$Name, [string]$Text)
  # netsh -f reads files in the code page of the console.
  [IO.File]::WriteAllText((Join-Path $staging $Name), $Text, [Console]::OutputEncoding)
}

function Save-Access {
  $state = @{ vpnStatus = 'Uninstalled'; vpnS2SStatus = 'Uninstalled'; pool = @() }
  $access = Get-InstalledAccess
  if ($null -ne $access) {
    $state['vpnStatus'] = [string]$access.VpnStatus
    $state['vpnS2SStatus'] = [string]$access.VpnS2SStatus
    if ($state['vpnStatus'] -eq 'Installed' -and [string]$access.IPAssignmentMethod -eq 'StaticPool') {
      $state['pool'] = @($access.IPAddressRangeList | ForEach-Object { ConvertTo-RangeText $_ })
    }
  }
  Save-Text 'remote-access.json' (ConvertTo-Json $state)
}

function Save-Service {
  $query = @{ ClassName = 'Win32_Service'; Filter = 'Name = "RemoteAccess"' }
  $service = Get-CimInstance @query
  $state = @{ startMode = ''; state = '' }
  if ($service) {
    $state = @{ startMode = [string]$service.StartMode; state = [string]$service.State }
  }
  Save-Text 'service.json' (ConvertTo-Json $state)
}

function Save-Before {
  if (Test-Path $staging) {
    $options = @{ Path = $staging; Recurse = $true; Force = $true }
    Remove-Item @options
  }
  $null = [IO.Directory]::CreateDirectory($staging)
  $guarded = Invoke-Native { icacls $staging '/inheritance:r' '/grant:r' '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' }
  if ($guarded.exitCode -ne 0) {
    return 'The folder could not be restricted to administrators.'
  }
  $ras = Invoke-Native { netsh 'ras' 'dump' }
  $routing = Invoke-Native { netsh 'routing' 'dump' }
  Save-Text 'ras.txt' $ras.text
  Save-Text 'routing.txt' $routing.text
  $policies = 'filename={0}' -f (Join-Path $staging 'nps.xml')
  # Without the role there are no policies to keep.
  $exported = Invoke-Native { netsh 'nps' 'export' $policies 'exportPSK=YES' }
  Write-Verbose ('netsh nps export ended with {0}.' -f $exported.exitCode)
  Save-Access
  Save-Service
  # Under its own name the folder is whole.
  Move-Item $staging $folder
  return ''
}

function Restore-Service {
  $was = ConvertFrom-Json ([IO.File]::ReadAllText((Join-Path $folder 'service.json')))
  $types = @{ Auto = 'Automatic'; Manual = 'Manual'; Disabled = 'Disabled' }
  if (-not $types.ContainsKey([string]$was.startMode)) {
    return
  }
  $options = @{ Name = 'RemoteAccess'; StartupType = $types[[string]$was.startMode] }
  Set-Service @options
  if ($was.state -eq 'Running') {
    Start-Service 'RemoteAccess'
  }
}

function Restore-Before {
  $ras = Join-Path $folder 'ras.txt'
  $routing = Join-Path $folder 'routing.txt'
  $nps = Join-Path $folder 'nps.xml'
  $results = @()
  $results += Invoke-Native { netsh '-f' $ras }
  $results += Invoke-Native { netsh '-f' $routing }
  if (Test-Path $nps) {
    $policies = 'filename={0}' -f $nps
    $results += Invoke-Native { netsh 'nps' 'import' $policies }
  }
  Restore-Service
  return @($results | Where-Object { $_.exitCode -ne 0 }).Count
}

$isThere = Test-Path $folder
if ($Mode -eq 'undo') {
  if (-not $isThere) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $changed = $true
  $failures = Restore-Before
  if ($failures -gt 0) {
    $message = '{0} parts of the settings could not be put back; they are kept in {1}.' -f $failures, $folder
    return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = $facts; message = $message }
  }
  $options = @{ Path = $folder; Recurse = $true; Force = $true }
  Remove-Item @options
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
}
if ($isThere) {
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
}
if ($Mode -eq 'probe') {
  return [ordered]@{ ok = $false; changed = $false; code = 'NotDone'; facts = @{}; message = '' }
}
if ($Mode -eq 'verify') {
  $message = 'No earlier settings are saved on this machine.'
  return [ordered]@{ ok = $false; changed = $false; code = 'VerifyFailed'; facts = @{}; message = $message }
}
$changed = $true
$problem = Save-Before
if ($problem) {
  return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = @{}; message = $problem }
}
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = $facts; message = '' }
