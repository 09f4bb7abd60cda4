# W12: the privileged endpoint opens and knows Add-AzurePackConnector. Later builds of Azure Stack have no connector. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9.-]{0,252}\z')]
  [string]$ComputerName,
  [Parameter(Mandatory = $true)]
  [ValidateSet('Credssp', 'Default')]
  [string]$Authentication,
  [Parameter(Mandatory = $true)]
  [pscredential]$Credential
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$answer = [ordered]@{
  ok      = $false
  changed = $false
  code    = ''
  facts   = @{}
  message = ''
}

# Cannot connect, no answer in time, nothing listens behind a firewall (WS-Management 0x80338012, 29, 126).
$networkErrors = @(-2144108526, -2144108503, -2144108250)

# By the low half of the Windows error: wrong password, expired, locked out and their kin. They are never tried again.
function Test-LogonFailure {
  param([int]$ErrorCode)
  $logonErrors = @(5, 86, 780, 1326, 1327, 1330, 1331, 1907, 1909)
  return ($logonErrors -contains ($ErrorCode -band 65535))
}

# Three tries, ten seconds apart, and only where the network was at fault: a wrong password would lock the account.
function Open-Endpoint {
  $patience = @{
    IdleTimeout = 3600000
    OpenTimeout = 20000
  }
  $connect = @{
    ComputerName      = $ComputerName
    Credential        = $Credential
    ConfigurationName = 'PrivilegedEndpoint'
    Authentication    = $Authentication
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

$session = $null
try {
  $session = Open-Endpoint
  # The endpoint runs exposed cmdlets and no language: the choice is made out here.
  $list = @{
    Session     = $session
    ScriptBlock = { Get-Command }
  }
  $names = @(Invoke-Command @list | ForEach-Object { $_.Name })
  $answer.ok = $names -contains 'Add-AzurePackConnector'
  $answer.facts = @{ hasCommand = $answer.ok }
  if (-not $answer.ok) {
    $answer.code = 'Precondition'
    $answer.message = 'This build of Azure Stack has no Add-AzurePackConnector: it cannot be connected to Windows Azure Pack.'
  }
  return $answer
} catch [System.Management.Automation.Remoting.PSRemotingTransportException] {
  $errorCode = $_.Exception.ErrorCode
  $answer.code = 'ToolFailed'
  if ($networkErrors -contains $errorCode) {
    $answer.code = 'Unreachable'
  }
  if (Test-LogonFailure -ErrorCode $errorCode) {
    $answer.code = 'AuthFailed'
  }
  $answer.message = 'The privileged endpoint does not open: ' + $_.Exception.Message
  if (($Authentication -eq 'Credssp') -and ($answer.code -eq 'ToolFailed')) {
    $answer.message += ' Where a policy forbids CredSSP, use the authentication Default.'
  }
  return $answer
} finally {
  if ($null -ne $session) {
    $close = @{
      Session     = $session
      ErrorAction = 'SilentlyContinue'
    }
    Remove-PSSession @close
  }
}
