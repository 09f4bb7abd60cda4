# W30: which SQL server holds the tenant API's store. The file that says so is decrypted for a moment and is encrypted
# again whatever happens. Nothing of its connection strings is told but the server's name: they hold passwords.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [bool]$IsServerKnown
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, web-sites

$namespace = 'TenantAPI'

# The cmdlet warns beside its answer when the file is not protected.
function Test-Protected {
  $test = @{
    Namespace     = $namespace
    WarningAction = 'SilentlyContinue'
  }
  return [bool](Test-MgmtSvcProtectedConfiguration @test)
}

function Protect-Configuration {
  $protect = @{
    Namespace = $namespace
    Confirm   = $false
  }
  $null = Protect-MgmtSvcConfiguration @protect
}

function Unprotect-Configuration {
  $unprotect = @{
    Namespace = $namespace
    Confirm   = $false
  }
  $null = Unprotect-MgmtSvcConfiguration @unprotect
}

# The server alone, without the protocol before it; a server that is here by its name.
function ConvertTo-ServerName {
  param([string]$DataSource)
  $name = $DataSource.Trim() -replace '^(?i)(tcp|np|lpc|admin):', ''
  return ($name -replace '^(?i)(\.|\(local\)|localhost)(?=$|[\\,])', $env:COMPUTERNAME)
}

# The store's connection string if there is one, else the first that names a server.
function Read-ServerName {
  param([string]$Path)
  $document = New-Object -TypeName 'System.Xml.XmlDocument'
  $document.Load($Path)
  $first = ''
  foreach ($node in @($document.SelectNodes('/configuration/connectionStrings/add'))) {
    $builder = New-Object -TypeName 'System.Data.SqlClient.SqlConnectionStringBuilder'
    try {
      $builder.set_ConnectionString($node.GetAttribute('connectionString'))
    } catch [System.ArgumentException] {
      # Another kind of store. What it says is not repeated: it may hold a password.
      continue
    }
    # By keyword: to PowerShell the builder is a dictionary.
    $dataSource = [string]$builder['Data Source']
    if (-not $dataSource) {
      continue
    }
    $name = ConvertTo-ServerName -DataSource $dataSource
    if ([string]$builder['Initial Catalog'] -eq 'Microsoft.MgmtSvc.Store') {
      return $name
    }
    if (-not $first) {
      $first = $name
    }
  }
  return $first
}

if ($null -eq (Get-Module -ListAvailable -Name 'MgmtSvcConfig')) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no configuration cmdlets of Windows Azure Pack, so it is not a tenant API machine.'
  return $answer
}
Import-Module -Name 'MgmtSvcConfig' -Verbose:$false

$isProtected = Test-Protected
if ($Mode -ne 'apply') {
  $answer.facts = @{ isProtected = $isProtected }
  $answer.ok = $isProtected
  if ($Mode -eq 'probe') {
    $answer.ok = $isProtected -and $IsServerKnown
  }
  if (-not $answer.ok) {
    $answer.code = $notDone
  }
  if (-not $isProtected) {
    $answer.message = 'The Web.config of the tenant API is not protected: its passwords are readable.'
  }
  return $answer
}

$file = Get-ConfigurationFile -Name 'MgmtSvc-TenantAPI'
if ((-not $file) -or (-not (Test-Path -LiteralPath $file))) {
  $answer.code = 'Precondition'
  $answer.message = 'The site MgmtSvc-TenantAPI has no Web.config on this machine.'
  return $answer
}
$sqlServer = ''
$isRead = $true
try {
  if (-not $IsServerKnown) {
    $answer.changed = $true
    if ($isProtected) {
      Unprotect-Configuration
    }
    $sqlServer = Read-ServerName -Path $file
  }
} catch {
  # Its text may repeat what was read.
  $isRead = $false
  Write-Verbose ('Reading the Web.config failed: ' + $_.Exception.GetType().FullName)
} finally {
  if (-not (Test-Protected)) {
    $answer.changed = $true
    Protect-Configuration
  }
}

$isProtected = Test-Protected
$answer.facts = @{ isProtected = $isProtected }
if ($sqlServer) {
  $answer.facts.sqlServer = $sqlServer
}
$answer.ok = $isProtected -and $isRead -and ($IsServerKnown -or [bool]$sqlServer)
if ($answer.ok) {
  return $answer
}
$answer.code = 'ToolFailed'
$answer.message = 'The Web.config of the tenant API could not be read, or names no SQL server. Give the server''s name.'
if (-not $isProtected) {
  $answer.message = 'The Web.config of the tenant API is not protected: run Protect-MgmtSvcConfiguration -Namespace TenantAPI.'
}
return $answer
