# P21: the portal answers inside the stack. The fact says what was seen.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\z')]
  [string]$PortalFqdn
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

Write-Verbose ('{0}: connecting to {1}.' -f $Mode, $PortalFqdn)
$options = @{ ComputerName = $PortalFqdn; Port = 443; WarningAction = 'SilentlyContinue' }
$answers = [bool](Test-NetConnection @options).TcpTestSucceeded
$code = ''
$message = ''
if (-not $answers) {
  $code = 'NotDone'
  $message = 'Nothing answers on port 443.'
}
return [ordered]@{ ok = $answers; changed = $false; code = $code; facts = @{ portalAnswers = $answers }; message = $message }
