# The sites of IIS.
function Test-WebServer {
  return (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\InetStp')
}

# Asked for one name, older versions of the cmdlet answer with all sites.
function Get-Site {
  param([string[]]$Names)
  Import-Module -Name 'WebAdministration' -Verbose:$false
  return @(Get-Website | Where-Object { $Names -contains $_.name })
}

# A site whose application pool stands still is started and answers 503.
function Get-SiteState {
  param([string]$Name)
  $found = @(Get-Site -Names @($Name))
  if ($found.Count -ne 1) {
    return 'Missing'
  }
  $state = [string]$found[0].state
  if ($state -ne 'Started') {
    return $state
  }
  $pool = [string](Get-WebAppPoolState -Name $found[0].applicationPool).Value
  if ($pool -ne 'Started') {
    return 'Pool' + $pool
  }
  return $state
}

# The Web.config of a site, or nothing where there is no such site.
function Get-ConfigurationFile {
  param([string]$Name)
  $found = @(Get-Site -Names @($Name))
  if ($found.Count -ne 1) {
    return ''
  }
  $siteFolder = [Environment]::ExpandEnvironmentVariables([string]$found[0].physicalPath)
  return (Join-Path -Path $siteFolder -ChildPath 'Web.config')
}
