# The privileged endpoint of Azure Stack. It runs exposed cmdlets and no language. With logon-failures.
# Cannot connect, no answer in time, nothing listens behind a firewall (WS-Management 0x80338012, 29, 126).
$networkErrors = @(-2144108526, -2144108503, -2144108250)

# Three tries, ten seconds apart, and only where the network was at fault: a wrong password would lock the account.
function Open-Endpoint {
  param([hashtable]$Connection, [int]$TimeoutMs)
  $patience = @{
    IdleTimeout = 3600000
    OpenTimeout = $TimeoutMs
  }
  $connect = @{
    ComputerName      = $Connection.ComputerName
    Credential        = $Connection.Credential
    ConfigurationName = 'PrivilegedEndpoint'
    Authentication    = $Connection.Authentication
    SessionOption     = New-PSSessionOption @patience
  }
  for ($attempt = 1; $true; $attempt++) {
    try {
      return New-PSSession @connect
    } catch [System.Management.Automation.Remoting.PSRemotingTransportException] {
      $isNetwork = $networkErrors -contains $_.Exception.ErrorCode
      if ((-not $isNetwork) -or ($attempt -ge 3)) {
        throw
      }
      Write-Verbose ('The privileged endpoint did not answer, try ' + $attempt + ' of 3')
    }
    Start-Sleep -Seconds 10
  }
}

# Why it does not open: the answer's code and message.
function Get-EndpointProblem {
  param([System.Management.Automation.Remoting.PSRemotingTransportException]$Failure, [string]$Authentication)
  $problem = @{
    code    = 'ToolFailed'
    message = 'The privileged endpoint cannot be opened: ' + $Failure.Message
  }
  if ($networkErrors -contains $Failure.ErrorCode) {
    $problem.code = 'Unreachable'
  }
  if (Test-LogonFailure -ErrorCode $Failure.ErrorCode) {
    $problem.code = 'AuthFailed'
  }
  if (($Authentication -eq 'Credssp') -and ($problem.code -eq 'ToolFailed')) {
    $problem.message += ' Where a policy forbids CredSSP, use the authentication Default.'
  }
  return $problem
}

function Close-Endpoint {
  param([object]$Session)
  if ($null -ne $Session) {
    $close = @{
      Session     = $Session
      ErrorAction = 'SilentlyContinue'
    }
    Remove-PSSession @close
  }
}
