# W12: the privileged endpoint opens and knows Add-AzurePackConnector. Later builds of Azure Stack have no connector.
# Reads only.
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
# Preludes: answer, logon-failures, privileged-endpoint

$connection = @{
  ComputerName   = $ComputerName
  Credential     = $Credential
  Authentication = $Authentication
}
$session = $null
try {
  $session = Open-Endpoint -Connection $connection -TimeoutMs 20000
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
  $problem = Get-EndpointProblem -Failure $_.Exception -Authentication $Authentication
  $answer.code = $problem.code
  $answer.message = $problem.message
  return $answer
} finally {
  Close-Endpoint -Session $session
}
