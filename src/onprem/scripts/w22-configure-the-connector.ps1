# W22: the package's own script writes three names into the connector's Web.config files. They may be encrypted, so what
# is looked at is a note of the names and of the files' hashes. The files from before are kept beside them: IIS serves
# no .config file.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z]:(\\[A-Za-z0-9._-]+)+\z')]
  [string]$Folder,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^(?=.{4,253}\z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z')]
  [string]$TenantPortalFqdn,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^(?=.{4,253}\z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z')]
  [string]$TenantApiFqdn,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^(?=.{4,253}\z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z')]
  [string]$AzureStackPortalFqdn
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, notes, package-script, web-sites, connector-sites

$inputs = @($TenantPortalFqdn, $TenantApiFqdn, $AzureStackPortalFqdn) -join '|'

# The folders of the sites that are there.
function Get-SiteFolder {
  foreach ($site in @(Get-Site -Names $siteNames | Sort-Object -Property 'name')) {
    [Environment]::ExpandEnvironmentVariables([string]$site.physicalPath)
  }
}

# One text that changes when any of the three files does.
function Get-ConfigurationState {
  $hashes = @()
  foreach ($siteFolder in @(Get-SiteFolder)) {
    $hash = @{
      LiteralPath = (Join-Path -Path $siteFolder -ChildPath 'Web.config')
      Algorithm   = 'SHA256'
    }
    $hashes += (Get-FileHash @hash).Hash
  }
  return ($hashes -join '|')
}

function Copy-Configuration {
  param([string]$From, [string]$To)
  foreach ($siteFolder in @(Get-SiteFolder)) {
    $copy = @{
      LiteralPath = (Join-Path -Path $siteFolder -ChildPath $From)
      Destination = (Join-Path -Path $siteFolder -ChildPath $To)
      Force       = $true
    }
    if (Test-Path -LiteralPath $copy.LiteralPath) {
      Copy-Item @copy
    }
  }
}

# Sites whose file from before is gone: undo cannot put those back.
function Get-UnsavedSite {
  foreach ($siteFolder in @(Get-SiteFolder)) {
    if (-not (Test-Path -LiteralPath (Join-Path -Path $siteFolder -ChildPath 'Web.before-gatehouse.config'))) {
      Split-Path -Path $siteFolder -Leaf
    }
  }
}

# The names that stand in none of the files. An encrypted part hides what is in it: then a change of the files has to
# do.
function Get-MissingName {
  param([string]$StateBefore)
  $texts = @()
  foreach ($siteFolder in @(Get-SiteFolder)) {
    $texts += [System.IO.File]::ReadAllText((Join-Path -Path $siteFolder -ChildPath 'Web.config'))
  }
  $whole = $texts -join ' '
  $isEncrypted = $whole.Contains('<EncryptedData')
  if ($isEncrypted -and ($StateBefore -ne (Get-ConfigurationState))) {
    return
  }
  # A name within a longer one is another name.
  $options = [System.Text.RegularExpressions.RegexOptions]'IgnoreCase, CultureInvariant'
  foreach ($name in @($TenantPortalFqdn, $TenantApiFqdn, $AzureStackPortalFqdn)) {
    $pattern = '(?<![A-Za-z0-9.-])' + [regex]::Escape($name) + '(?!\.?[A-Za-z0-9-])'
    if (-not [regex]::IsMatch($whole, $pattern, $options)) {
      $name
    }
  }
}

function Get-UnresolvedName {
  foreach ($name in @($TenantPortalFqdn, $TenantApiFqdn, $AzureStackPortalFqdn)) {
    try {
      $null = [System.Net.Dns]::GetHostAddresses($name)
    } catch {
      $name
    }
  }
}

if (-not (Test-WebServer)) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS, so it is not a tenant portal machine.'
  return $answer
}
$note = Get-Note -Name 'W22'
$siteCount = @(Get-SiteFolder).Count

if ($Mode -eq 'undo') {
  $answer.ok = $true
  if ($null -eq $note) {
    $answer.message = 'This procedure configured no connector here.'
    return $answer
  }
  $answer.ok = $false
  $unsaved = @(Get-UnsavedSite)
  if ($unsaved.Count -gt 0) {
    $answer.code = 'Precondition'
    $answer.message = 'The Web.config from before is not kept any more for ' + ($unsaved -join ', ') + ': put it back by hand.'
    return $answer
  }
  $answer.changed = $true
  Copy-Configuration -From 'Web.before-gatehouse.config' -To 'Web.config'
  # The note first: without it the copies are nobody's, with it undo would miss them.
  Remove-Note -Name 'W22'
  foreach ($siteFolder in @(Get-SiteFolder)) {
    $remove = @{
      LiteralPath = (Join-Path -Path $siteFolder -ChildPath 'Web.before-gatehouse.config')
      Force       = $true
      ErrorAction = 'SilentlyContinue'
    }
    Remove-Item @remove
  }
  $answer.ok = $true
  return $answer
}

$isNoted = ($null -ne $note) -and ($note.inputs -eq $inputs) -and ($siteCount -eq $siteNames.Count)
$isConfigured = $isNoted -and ($note.state -eq (Get-ConfigurationState))
if (($Mode -ne 'apply') -or $isConfigured) {
  $answer.ok = $isConfigured
  if (-not $answer.ok) {
    $answer.code = $notDone
    $answer.message = 'The connector is not configured with these names, or its Web.config files have changed since.'
  }
  return $answer
}

if ($siteCount -ne $siteNames.Count) {
  $answer.code = 'Precondition'
  $answer.message = 'The three sites of the connector are not all installed.'
  return $answer
}
$configure = Join-Path -Path $Folder -ChildPath 'setup\scripts\Configure-WapConnector.ps1'
if (-not (Test-Path -LiteralPath $configure)) {
  $answer.code = 'Precondition'
  $answer.message = 'The staged package has no setup\scripts\Configure-WapConnector.ps1.'
  return $answer
}
$unresolved = @(Get-UnresolvedName)
if ($unresolved.Count -gt 0) {
  $answer.code = 'Precondition'
  $answer.message = 'These names do not resolve on this machine: ' + ($unresolved -join ', ')
  return $answer
}
# Copies from an earlier try are the true ones; the note of an unfinished one knows no state.
$answer.changed = $true
if ($null -eq $note) {
  Copy-Configuration -From 'Web.config' -To 'Web.before-gatehouse.config'
}
Set-Note -Name 'W22' -Note @{ inputs = $inputs; state = '' }
$stateBefore = Get-ConfigurationState
$arguments = @('-TenantPortalFQDN', $TenantPortalFqdn, '-TenantAPIFQDN', $TenantApiFqdn, '-AzureStackPortalFQDN', $AzureStackPortalFqdn)
$result = Invoke-PackageScript -Path $configure -Arguments $arguments
$missing = @(Get-MissingName -StateBefore $stateBefore)
if (($result.exitCode -ne 0) -or $result.hasErrors -or ($missing.Count -gt 0)) {
  $answer.code = 'ToolFailed'
  $found = ''
  if ($missing.Count -gt 0) {
    $found = ', and these names stand in no Web.config: ' + ($missing -join ', ')
  }
  $answer.message = 'Configure-WapConnector.ps1 ended with ' + $result.exitCode + $found + '. ' + $result.remark
  return $answer
}
Set-Note -Name 'W22' -Note @{ inputs = $inputs; state = (Get-ConfigurationState) }
$answer.ok = $true
return $answer
