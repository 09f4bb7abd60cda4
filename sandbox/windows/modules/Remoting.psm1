# WS-Management: its settings, CredSSP, and sessions to other machines of the world.

function Get-WSManSetting {
  param([string]$Path)
  if ($Path -like '*\TrustedHosts') {
    return @($global:Machine.winRm.trustedHosts) -join ','
  }
  return ([string](@($global:Machine.winRm.credSspDelegates).Count -gt 0)).ToLowerInvariant()
}

function Set-WSManSetting {
  param([string]$Path, [string]$Value, [bool]$Concatenate)
  $hosts = @($Value -split ',' | Where-Object { $_ })
  if ($Concatenate) {
    $hosts = @($global:Machine.winRm.trustedHosts) + $hosts
  }
  $global:Machine.winRm.trustedHosts = @($hosts)
}

function Get-WSManCredSSP {
  $names = @($global:Machine.winRm.credSspDelegates)
  if ($names.Count -eq 0) {
    return 'The machine is not configured to allow delegating fresh credentials.'
  }
  return 'The machine is configured to allow delegating fresh credentials to the following target(s): ' + (@($names | ForEach-Object { 'wsman/' + $_ }) -join ',')
}

function Enable-WSManCredSSP {
  [CmdletBinding()]
  param([string]$Role, [string[]]$DelegateComputer, [switch]$Force)
  $names = @($global:Machine.winRm.credSspDelegates) + @($DelegateComputer | ForEach-Object { $_.ToLowerInvariant() })
  $global:Machine.winRm.credSspDelegates = @($names | Select-Object -Unique)
}

function Disable-WSManCredSSP {
  [CmdletBinding()]
  param([string]$Role)
  $global:Machine.winRm.credSspDelegates = @()
}

# The number is WS-Management's own, or an error of Windows in the low half of one.
function Stop-Opening {
  param([int]$Number, [string]$Text)
  $failure = [System.Management.Automation.Remoting.PSRemotingTransportException]::new($Text)
  $failure.ErrorCode = $Number
  throw $failure
}

# The client's own rules first: a name of the same domain, or one that is trusted; then the way; then the account.
function New-PSSession {
  [CmdletBinding()]
  param([string]$ComputerName, [pscredential]$Credential, [string]$ConfigurationName, [string]$Authentication, [object]$SessionOption)
  if ($ConfigurationName -eq 'PrivilegedEndpoint') {
    return Open-PrivilegedEndpoint $ComputerName $Credential $Authentication
  }
  $prefix = 'Connecting to remote server ' + $ComputerName + ' failed with the following error message : '
  $machine = $global:Machine
  $target = @(Find-Machine $ComputerName)[0]
  $isKerberos = $ComputerName -notmatch '^[\d.]+$' -and $machine.domain -and $target.domain -eq $machine.domain
  $isTrusted = @($machine.winRm.trustedHosts | Where-Object { $ComputerName -like $_ }).Count -gt 0
  if (-not $isKerberos -and -not $isTrusted) {
    Stop-Opening -2144108316 ($prefix + 'The WinRM client cannot process the request.')
  }
  if ($null -eq $target -or -not (Test-Way $target $target.nics 0)) {
    Stop-Opening -2144108526 ($prefix + 'WinRM cannot complete the operation. Verify that the computer exists.')
  }
  $fault = Test-AdministratorSignIn $target $Credential
  if ($fault -ne 0) {
    Stop-Opening $fault ($prefix + 'Access is denied.')
  }
  return [pscustomobject]@{ machine = $target.id; isEndpoint = $false }
}

function New-PSSessionOption {
  [CmdletBinding()]
  param([int]$IdleTimeout, [int]$OpenTimeout)
}

function Remove-PSSession {
  [CmdletBinding()]
  param([Parameter(Position = 0)][object]$Session)
}

# On the machine of the session: its state, its drive, its name. The privileged endpoint knows commands and no language.
function Invoke-Command {
  [CmdletBinding()]
  param([object]$Session, [scriptblock]$ScriptBlock, [object[]]$ArgumentList, [switch]$AsJob)
  if ($Session.isEndpoint) {
    return Invoke-EndpointCommand $ScriptBlock $PSCmdlet.SessionState
  }
  $here = $global:Machine.id
  Enter-Machine $Session.machine
  try {
    return & $ScriptBlock @ArgumentList
  } finally {
    Enter-Machine $here
  }
}
