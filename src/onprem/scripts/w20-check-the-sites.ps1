# W20: the three sites of the connector are there and run. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, web-sites, connector-sites

if (-not (Test-WebServer)) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS, so it is not a tenant portal machine.'
  return $answer
}
$sites = @()
foreach ($siteName in $siteNames) {
  $sites += @{
    name  = $siteName
    state = (Get-SiteState -Name $siteName)
  }
}
$answer.facts = @{ sites = $sites }
$wrong = @($sites | Where-Object { $_.state -ne 'Started' } | ForEach-Object { $_.name + ' is ' + $_.state })
$answer.ok = ($wrong.Count -eq 0)
if (-not $answer.ok) {
  $answer.code = 'VerifyFailed'
  $answer.message = ($wrong -join ', ')
}
return $answer
