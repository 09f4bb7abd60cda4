# W22: the package's own script writes three names into the connector's Web.config files. They may be encrypted, so what is looked at
# is a note of the names and of the files' hashes. The files from before are kept beside them: IIS serves no .config file.
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

$answer = [ordered]@{
  ok      = $false
  changed = $false
  code    = ''
  facts   = @{}
  message = ''
}
$siteNames = @('MgmtSvc-Connector', 'MgmtSvc-ConnectorExtension', 'MgmtSvc-ConnectorController')
$inputs = @($TenantPortalFqdn, $TenantApiFqdn, $AzureStackPortalFqdn) -join '|'

# Notes live where only administrators write.
$notesKey = 'HKLM:\SOFTWARE\Gatehouse\Steps'

function Get-Note {
  if (-not (Test-Path -LiteralPath $notesKey)) {
    return $null
  }
  $text = (Get-Item -LiteralPath $notesKey).GetValue('W22')
  if ($null -eq $text) {
    return $null
  }
  return (ConvertFrom-Json -InputObject $text)
}

function Set-Note {
  param([string]$State)
  if (-not (Test-Path -LiteralPath $notesKey)) {
    $create = @{
      Path  = $notesKey
      Force = $true
    }
    $null = New-Item @create
  }
  $text = @{
    InputObject = @{
      inputs = $inputs
      state  = $State
    }
    Compress    = $true
  }
  $write = @{
    LiteralPath = $notesKey
    Name        = 'W22'
    Value       = (ConvertTo-Json @text)
  }
  Set-ItemProperty @write
}

# The folders of the sites that are there.
function Get-SiteFolder {
  Import-Module -Name 'WebAdministration' -Verbose:$false
  foreach ($site in @(Get-Website | Where-Object { $siteNames -contains $_.name } | Sort-Object -Property 'name')) {
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

function Test-Saved {
  foreach ($siteFolder in @(Get-SiteFolder)) {
    if (-not (Test-Path -LiteralPath (Join-Path -Path $siteFolder -ChildPath 'Web.before-gatehouse.config'))) {
      return $false
    }
  }
  return $true
}

# A process of its own: the package's script brings its own error handling, its own strictness and perhaps an exit.
function Invoke-PackageScript {
  param([string]$Path)
  $ErrorActionPreference = 'Continue'
  $arguments = @('-NoProfile', '-NonInteractive', '-InputFormat', 'None', '-ExecutionPolicy', 'Bypass', '-File', $Path)
  $arguments += @('-TenantPortalFQDN', $TenantPortalFqdn, '-TenantAPIFQDN', $TenantApiFqdn, '-AzureStackPortalFQDN', $AzureStackPortalFqdn)
  Push-Location -LiteralPath (Split-Path -Path $Path)
  try {
    $lines = @(& 'powershell.exe' @arguments 2>&1 | ForEach-Object { [string]$_ })
    $exitCode = $LASTEXITCODE
  } finally {
    Pop-Location
  }
  # A connection string in an error text may hold somebody's password.
  $lines = @($lines | ForEach-Object { $_ -replace '(?i)(password|pwd)\s*=\s*[^;"'']*', '$1=***' })
  foreach ($line in $lines) {
    Write-Verbose $line
  }
  $text = @($lines | Select-Object -Last 5) -join ' '
  return @{ exitCode = $exitCode; text = $text.Substring(0, [Math]::Min(400, $text.Length)) }
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

if (-not (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\InetStp')) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS: it is no tenant portal machine.'
  return $answer
}
$note = Get-Note
$siteCount = @(Get-SiteFolder).Count

if ($Mode -eq 'undo') {
  $answer.ok = $true
  if ($null -eq $note) {
    $answer.message = 'This procedure configured no connector here.'
    return $answer
  }
  Copy-Configuration -From 'Web.before-gatehouse.config' -To 'Web.config'
  foreach ($siteFolder in @(Get-SiteFolder)) {
    $remove = @{
      LiteralPath = (Join-Path -Path $siteFolder -ChildPath 'Web.before-gatehouse.config')
      Force       = $true
      ErrorAction = 'SilentlyContinue'
    }
    Remove-Item @remove
  }
  $forget = @{
    LiteralPath = $notesKey
    Name        = 'W22'
  }
  Remove-ItemProperty @forget
  $answer.changed = $true
  return $answer
}

if ($Mode -ne 'apply') {
  $isNoted = ($null -ne $note) -and ($note.inputs -eq $inputs) -and ($siteCount -eq $siteNames.Count)
  $answer.ok = $isNoted -and ($note.state -eq (Get-ConfigurationState))
  if (-not $answer.ok) {
    $answer.code = 'NotDone'
    if ($Mode -eq 'verify') {
      $answer.code = 'VerifyFailed'
    }
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
  $answer.message = 'ScriptNotFound: the staged package has no setup\scripts\Configure-WapConnector.ps1.'
  return $answer
}
$unresolved = @(Get-UnresolvedName)
if ($unresolved.Count -gt 0) {
  $answer.code = 'Precondition'
  $answer.message = 'These names do not resolve from here: ' + ($unresolved -join ', ')
  return $answer
}
# Copies from an earlier try are the true ones; the note of an unfinished one knows no state.
if (($null -eq $note) -or (-not (Test-Saved))) {
  Copy-Configuration -From 'Web.config' -To 'Web.before-gatehouse.config'
}
Set-Note -State ''
$answer.changed = $true
$result = Invoke-PackageScript -Path $configure
if ($result.exitCode -ne 0) {
  $answer.code = 'ToolFailed'
  $answer.message = 'Configure-WapConnector.ps1 ended with ' + $result.exitCode + '. ' + $result.text
  return $answer
}
Set-Note -State (Get-ConfigurationState)
$answer.ok = $true
return $answer
