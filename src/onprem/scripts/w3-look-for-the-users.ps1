# W3: which user principal names the directory of this machine's domain does not have. A warning for people, never a
# failure. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [AllowEmptyCollection()]
  [ValidateCount(0, 200)]
  [ValidatePattern('^[^@\s]{1,64}@[^@\s]{1,253}\z')]
  [string[]]$UserPrincipalNames,
  [Parameter(Mandatory = $true)]
  [pscredential]$Credential
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer

# RFC 4515, section 3: what has a meaning in a filter is written as its number.
function ConvertTo-FilterValue {
  param([string]$Text)
  $escaped = $Text.Replace('\', '\5c')
  $escaped = $escaped.Replace('*', '\2a')
  $escaped = $escaped.Replace('(', '\28')
  $escaped = $escaped.Replace(')', '\29')
  return $escaped.Replace([string][char]0, '\00')
}

if ($null -eq (Get-Module -ListAvailable -Name 'ActiveDirectory')) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no Active Directory module for PowerShell (RSAT).'
  return $answer
}
Import-Module -Name 'ActiveDirectory' -Verbose:$false

$missing = @()
try {
  foreach ($userPrincipalName in $UserPrincipalNames) {
    $query = @{
      LDAPFilter = '(userPrincipalName=' + (ConvertTo-FilterValue -Text $userPrincipalName) + ')'
      Credential = $Credential
    }
    if (@(Get-ADUser @query).Count -eq 0) {
      $missing += $userPrincipalName
    }
  }
} catch [System.Security.Authentication.AuthenticationException] {
  # One wrong password is one too many: no second name is asked for with it.
  $answer.code = 'AuthFailed'
  $answer.message = 'The directory refuses the credential.'
  return $answer
}
$answer.ok = $true
$answer.facts = @{ missing = $missing }
if ($missing.Count -gt 0) {
  $answer.message = 'Not in the directory of this domain: ' + ($missing -join ', ')
}
return $answer
