# W27: the package's own script installs the tenant API that trusts a second token service. Nobody documents a way back,
# so the installer of the version from before and its Web.config are kept first: undo installs that version again.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z]:(\\[A-Za-z0-9._-]+)+\z')]
  [string]$Folder
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, notes, package-script, installer, products, web-sites

$siteName = 'MgmtSvc-TenantAPI'

# Copies live where only administrators write.
$keepFolder = Join-Path -Path $env:ProgramFiles -ChildPath 'Gatehouse'
$keptInstaller = Join-Path -Path $keepFolder -ChildPath 'TenantAPI-before.msi'
$keptConfiguration = Join-Path -Path $keepFolder -ChildPath 'TenantAPI-before.config'

# The installed tenant API, or nothing.
function Get-Product {
  $names = '^Windows Azure Pack - Tenant API( - 2013)?\z'
  foreach ($program in @(Get-InstalledProgram | Where-Object { $_.isProduct -and ($_.name -match $names) })) {
    return @{
      code    = $program.key
      version = [version]$program.version
    }
  }
  return $null
}

# Windows Installer's automation has no type library here: its members are named.
function Invoke-ComMember {
  param([object]$On, [string]$Kind, [string]$Name, [object[]]$Values)
  return [System.__ComObject].InvokeMember($Name, [System.Reflection.BindingFlags]$Kind, $null, $On, $Values)
}

# The version that the package brings, or nothing where it cannot be told.
function Get-PackageVersion {
  $list = @{
    LiteralPath = (Join-Path -Path $Folder -ChildPath 'setup')
    Filter      = '*.msi'
    Recurse     = $true
    File        = $true
    ErrorAction = 'SilentlyContinue'
  }
  $files = @(Get-ChildItem @list | Where-Object { $_.Name -match 'TenantAPI' })
  if ($files.Count -ne 1) {
    return $null
  }
  $installer = New-Object -ComObject 'WindowsInstaller.Installer'
  try {
    $database = Invoke-ComMember -On $installer -Kind 'InvokeMethod' -Name 'OpenDatabase' -Values @($files[0].FullName, 0)
    $query = 'SELECT `Value` FROM `Property` WHERE `Property` = ''ProductVersion'''
    $view = Invoke-ComMember -On $database -Kind 'InvokeMethod' -Name 'OpenView' -Values @($query)
    $null = Invoke-ComMember -On $view -Kind 'InvokeMethod' -Name 'Execute' -Values @()
    $record = Invoke-ComMember -On $view -Kind 'InvokeMethod' -Name 'Fetch' -Values @()
    $version = Invoke-ComMember -On $record -Kind 'GetProperty' -Name 'StringData' -Values @(1)
    $null = Invoke-ComMember -On $view -Kind 'InvokeMethod' -Name 'Close' -Values @()
    return [version]$version
  } finally {
    $null = [System.Runtime.InteropServices.Marshal]::ReleaseComObject($installer)
  }
}

# Windows keeps the installer of every product: the only source of the version from before that is always there.
function Save-Installer {
  param([string]$ProductCode)
  $installer = New-Object -ComObject 'WindowsInstaller.Installer'
  try {
    $cached = Invoke-ComMember -On $installer -Kind 'GetProperty' -Name 'ProductInfo' -Values @($ProductCode, 'LocalPackage')
  } finally {
    $null = [System.Runtime.InteropServices.Marshal]::ReleaseComObject($installer)
  }
  $copy = @{
    LiteralPath = $cached
    Destination = $keptInstaller
    Force       = $true
  }
  Copy-Item @copy
}

# Administrators and SYSTEM only: somebody may have left the file unprotected.
function Save-Configuration {
  param([string]$Path)
  $security = New-Object -TypeName 'System.Security.AccessControl.FileSecurity'
  $security.SetAccessRuleProtection($true, $false)
  foreach ($sid in @('S-1-5-18', 'S-1-5-32-544')) {
    $identity = New-Object -TypeName 'System.Security.Principal.SecurityIdentifier' -ArgumentList $sid
    $create = @{
      TypeName     = 'System.Security.AccessControl.FileSystemAccessRule'
      ArgumentList = @($identity, 'FullControl', 'Allow')
    }
    $security.AddAccessRule((New-Object @create))
  }
  [System.IO.File]::WriteAllBytes($keptConfiguration, [byte[]]@())
  [System.IO.File]::SetAccessControl($keptConfiguration, $security)
  [System.IO.File]::WriteAllBytes($keptConfiguration, [System.IO.File]::ReadAllBytes($Path))
}

# The article names one folder in its text and another in its example.
function Find-PackageScript {
  foreach ($place in @('setup\scripts', 'setup\packages')) {
    $candidate = Join-Path -Path (Join-Path -Path $Folder -ChildPath $place) -ChildPath 'Update-TenantAPI.ps1'
    if (Test-Path -LiteralPath $candidate) {
      return $candidate
    }
  }
  return ''
}

# New enough for the package; where the package does not tell its version, what apply noted counts.
function Test-Updated {
  param([object]$Product, [object]$Note)
  if ($null -eq $Product) {
    return $false
  }
  $packaged = Get-PackageVersion
  if ($null -ne $packaged) {
    return ($Product.version -ge $packaged)
  }
  return (($null -ne $Note) -and ($Note.after -eq $Product.version.ToString()))
}

function Restore-Product {
  param([object]$Product, [object]$Note)
  $codes = @(0)
  if (($null -ne $Product) -and ($Product.version.ToString() -ne $Note.before)) {
    $codes += Invoke-Msiexec -Arguments @('/x', $Product.code, '/qn', '/norestart')
    $Product = $null
  }
  $fine = @(0, 1605, 1641, 3010)
  if (($null -eq $Product) -and ($fine -contains $codes[-1])) {
    $codes += Invoke-Msiexec -Arguments @('/i', ('"' + $keptInstaller + '"'), '/qn', '/norestart')
  }
  if ($fine -notcontains $codes[-1]) {
    return $codes[-1]
  }
  if (($codes -contains 3010) -or ($codes -contains 1641)) {
    return 3010
  }
  return 0
}

if (-not (Test-WebServer)) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS, so it is not a tenant API machine.'
  return $answer
}
$note = Get-Note -Name 'W27'
$product = Get-Product
if ($null -ne $product) {
  $answer.facts = @{ version = $product.version.ToString() }
}

if ($Mode -eq 'undo') {
  if ($null -eq $note) {
    $answer.ok = $true
    $answer.message = 'This procedure did not update the tenant API here.'
    return $answer
  }
  if (-not (Test-Path -LiteralPath $keptInstaller)) {
    $answer.code = 'Precondition'
    $answer.message = 'The installer of version ' + $note.before + ' is not kept on this machine: install it by hand.'
    return $answer
  }
  if (Test-InstallerBusy) {
    $answer.code = 'Busy'
    $answer.message = 'Another installation is running on this machine.'
    return $answer
  }
  $answer.changed = $true
  $exitCode = Restore-Product -Product $product -Note $note
  if ($exitCode -eq 1618) {
    $answer.code = 'Busy'
    $answer.message = 'Another installation is running on this machine.'
    return $answer
  }
  if (@(0, 3010) -notcontains $exitCode) {
    $answer.code = 'ToolFailed'
    $answer.message = 'Installing version ' + $note.before + ' again ended with ' + $exitCode + '.'
    return $answer
  }
  $configuration = Get-ConfigurationFile -Name $siteName
  if ($configuration -and (Test-Path -LiteralPath $keptConfiguration)) {
    [System.IO.File]::WriteAllBytes($configuration, [System.IO.File]::ReadAllBytes($keptConfiguration))
  }
  $product = Get-Product
  if (($null -eq $product) -or ($product.version.ToString() -ne $note.before)) {
    $answer.code = 'VerifyFailed'
    $answer.message = 'The tenant API is not back at version ' + $note.before + '.'
    return $answer
  }
  foreach ($path in @($keptInstaller, $keptConfiguration)) {
    $remove = @{
      LiteralPath = $path
      Force       = $true
      ErrorAction = 'SilentlyContinue'
    }
    Remove-Item @remove
  }
  Remove-Note -Name 'W27'
  $answer.ok = $true
  $answer.facts = @{ version = $note.before }
  if ($exitCode -eq 3010) {
    $answer.code = 'RebootRequired'
  }
  return $answer
}

if ($null -eq $product) {
  $answer.code = 'Precondition'
  $answer.message = 'Windows Azure Pack''s tenant API is not installed on this machine.'
  return $answer
}

if ($Mode -ne 'apply') {
  $answer.ok = Test-Updated -Product $product -Note $note
  if (-not $answer.ok) {
    $answer.code = 'NotDone'
    $answer.message = 'The tenant API is still at version ' + $product.version + '.'
  }
  if ($Mode -eq 'verify') {
    $running = @(Get-Site -Names @($siteName) | Where-Object { [string]$_.state -eq 'Started' })
    if ($answer.ok -and ($running.Count -ne 1)) {
      $answer.ok = $false
      $answer.message = 'The site ' + $siteName + ' does not run.'
    }
    if (-not $answer.ok) {
      $answer.code = 'VerifyFailed'
    }
  }
  return $answer
}

$update = Find-PackageScript
if (-not $update) {
  $answer.code = 'Precondition'
  $answer.message = 'The staged package has Update-TenantAPI.ps1 neither in setup\scripts nor in setup\packages.'
  return $answer
}
$configuration = Get-ConfigurationFile -Name $siteName
if ((-not $configuration) -or (-not (Test-Path -LiteralPath $configuration))) {
  $answer.code = 'Precondition'
  $answer.message = 'The site ' + $siteName + ' has no Web.config on this machine.'
  return $answer
}
if (Test-InstallerBusy) {
  $answer.code = 'Busy'
  $answer.message = 'Another installation is running on this machine.'
  return $answer
}
# What an earlier try kept, cut off, is the true one.
$answer.changed = $true
if ($null -eq $note) {
  $create = @{
    ItemType = 'Directory'
    Path     = $keepFolder
    Force    = $true
  }
  $null = New-Item @create
  Save-Installer -ProductCode $product.code
  Save-Configuration -Path $configuration
  Set-Note -Name 'W27' -Note @{ before = $product.version.ToString(); after = '' }
  $note = Get-Note -Name 'W27'
}
$renames = Get-PendingRename
$result = Invoke-PackageScript -Path $update
$product = Get-Product
if ($null -ne $product) {
  $answer.facts = @{ version = $product.version.ToString() }
}
$isNew = ($null -ne $product) -and ($product.version -gt [version]$note.before)
if ((-not $isNew) -and (($result.exitCode -eq 1618) -or ($result.text -match '\b1618\b'))) {
  $answer.code = 'Busy'
  $answer.message = 'Windows Installer was busy with another installation.'
  return $answer
}
if ((@(0, 3010) -notcontains $result.exitCode) -or $result.hasErrors -or (-not $isNew)) {
  $answer.code = 'ToolFailed'
  $found = ' and a newer tenant API. '
  if (-not $isNew) {
    $found = ' and left no newer tenant API. '
  }
  $answer.message = 'Update-TenantAPI.ps1 ended with ' + $result.exitCode + $found + $result.remark
  return $answer
}
Set-Note -Name 'W27' -Note @{ before = [string]$note.before; after = $product.version.ToString() }
$answer.ok = $true
if (($result.exitCode -eq 3010) -or ($result.text -match '\b3010\b') -or ((Get-PendingRename) -gt $renames)) {
  $answer.code = 'RebootRequired'
}
return $answer
