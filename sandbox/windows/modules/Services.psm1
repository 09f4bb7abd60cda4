# Windows itself: its services, version and start, events, restarts, and whether whoever runs is an administrator.

class WindowsService {
  [string]$Name
  [string]$Status
  WindowsService([string]$name) {
    $this.Name = $name
    $this.Status = if ($global:Machine.services[$name]) { $global:Machine.services[$name] } else { 'Stopped' }
  }
  [void] Stop() {
    $global:Machine.services[$this.Name] = 'Stopped'
    if ($this.Name -eq 'RemoteAccess') {
      $global:Machine.remoteAccess.sessions = @()
    }
  }
  [void] WaitForStatus([string]$wanted, [timespan]$patience) {
    if ($global:Machine.services[$this.Name] -ne $wanted) {
      throw [System.TimeoutException]::new('Time out has expired and the operation has not been completed.')
    }
  }
  [void] Dispose() { }
}

class WindowsIdentity {
  static [object] GetCurrent() { return $global:RunAs }
}

Add-Accelerator ([WindowsIdentity]) @('System.Security.Principal.WindowsIdentity', 'Security.Principal.WindowsIdentity')
Add-Factory 'Security.Principal.WindowsPrincipal' {
  Add-Member -InputObject ([pscustomobject]@{}) -MemberType 'ScriptMethod' -Name 'IsInRole' -Value { param($Role) [bool]$global:IsElevated } -PassThru
}

function Get-Service {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Name)
  return [WindowsService]::new($Name)
}

# What was set counts from the start of the service on.
function Start-Service {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Name)
  $machine = $global:Machine
  if ($machine.services[$Name] -eq 'Running') {
    return
  }
  $machine.services[$Name] = 'Running'
  if ($Name -eq 'RemoteAccess') {
    $machine.remoteAccess.inForce = @{ routerType = $machine.remoteAccess.routerType }
    if ($machine.remoteAccess.sharedKey) {
      $machine.remoteAccess.inForce.sharedKey = $machine.remoteAccess.sharedKey
    }
  }
}

function Set-Service {
  [CmdletBinding()]
  param([string]$Name, [string]$StartupType)
}

function Get-CimInstance {
  [CmdletBinding()]
  param([string]$ClassName, [string]$Filter)
  if ($ClassName -eq 'Win32_Service') {
    return [pscustomobject]@{ StartMode = 'Auto'; State = (Get-Service 'RemoteAccess').Status; ProcessId = 0 }
  }
  $started = [DateTimeOffset]::FromUnixTimeMilliseconds([long]$global:Machine.lastBootMs).UtcDateTime
  return [pscustomobject]@{ Version = $global:Machine.osVersion; LastBootUpTime = $started }
}

# What the Tenant API left in the log of applications.
function Get-WinEvent {
  [CmdletBinding()]
  param([hashtable]$FilterHashtable, [string]$ListLog)
  if ($FilterHashtable.LogName -eq 'Application' -and $global:Machine.azurePack.tenantApi.eventLogErrors) {
    return @(1..$global:Machine.azurePack.tenantApi.eventLogErrors | ForEach-Object {
        [pscustomobject]@{ Id = 1309; Message = 'Application ID: /LM/W3SVC/MgmtSvc-TenantAPI/ROOT' }
      })
  }
}

function shutdown {
  $global:LASTEXITCODE = 0
  if ($global:Machine.restart) {
    $global:LASTEXITCODE = 1190
    return
  }
  $global:Machine.restart = @{}
}
