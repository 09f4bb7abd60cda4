# W20: the three sites of the connector are there and run. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode
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
$siteNames = @('MgmtSvc-Connector', 'MgmtSvc-ConnectorExtension', 'MgmtSvc-ConnectorController')

if (-not (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\InetStp')) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS: it is no tenant portal machine.'
  return $answer
}
Import-Module -Name 'WebAdministration' -Verbose:$false

# A site whose application pool stands still is started and answers 503.
function Get-SiteState {
  param([object]$Site)
  $state = [string]$Site.state
  if ($state -ne 'Started') {
    return $state
  }
  $pool = [string](Get-WebAppPoolState -Name $Site.applicationPool).Value
  if ($pool -ne 'Started') {
    return 'Pool' + $pool
  }
  return $state
}

# Asked for one name, older versions of the cmdlet answer with all sites.
$present = @(Get-Website)
$sites = @()
foreach ($siteName in $siteNames) {
  $site = @($present | Where-Object { $_.name -eq $siteName })
  $state = 'Missing'
  if ($site.Count -eq 1) {
    $state = Get-SiteState -Site $site[0]
  }
  $sites += @{
    name  = $siteName
    state = $state
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
