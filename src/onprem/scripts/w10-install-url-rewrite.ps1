# W10: the IIS extension URL Rewrite, which the connector's sites need. Undo takes away only what apply installed. An
# installer whose signature this machine finds wrong is not started; one that has none is held to its hash alone.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [ValidatePattern('^https://[^\s''"`$;]+\z')]
  [string]$InstallerUri,
  [ValidatePattern('^[0-9a-f]{64}\z')]
  [string]$InstallerSha256
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, notes, installer, products, download, web-sites

$extensionKey = 'HKLM:\SOFTWARE\Microsoft\IIS Extensions\URL Rewrite'

function Get-ExtensionVersion {
  if (-not (Test-Path -LiteralPath $extensionKey)) {
    return ''
  }
  $version = [string](Get-Item -LiteralPath $extensionKey).GetValue('Version')
  if ($version) {
    return $version
  }
  return 'unknown'
}

function Get-ProductCode {
  $found = @(Get-InstalledProgram | Where-Object { $_.isProduct -and ($_.name -like 'IIS URL Rewrite Module*') })
  if ($found.Count -eq 0) {
    return ''
  }
  return $found[0].key
}

$version = Get-ExtensionVersion
if ($version) {
  $answer.facts = @{ version = $version }
}

if ($Mode -eq 'undo') {
  $answer.facts = @{}
  if ($null -eq (Get-Note -Name 'W10')) {
    $answer.ok = $true
    $answer.message = 'This procedure did not install URL Rewrite here.'
    return $answer
  }
  $productCode = Get-ProductCode
  if ($productCode) {
    $exitCode = Invoke-Msiexec -Arguments @('/x', $productCode, '/qn', '/norestart')
    if ($exitCode -eq 1618) {
      $answer.code = 'Busy'
      $answer.message = 'Another installation is running on this machine.'
      return $answer
    }
    $answer.changed = $true
    # 1605: not installed any more.
    if (@(0, 1605, 1641, 3010) -notcontains $exitCode) {
      $answer.code = 'ToolFailed'
      $answer.message = 'Uninstalling URL Rewrite ended with exit code ' + $exitCode + '.'
      return $answer
    }
    if (@(1641, 3010) -contains $exitCode) {
      $answer.code = 'RebootRequired'
    }
  }
  Remove-Note -Name 'W10'
  $answer.ok = $true
  return $answer
}

if (-not (Test-WebServer)) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS, so it is not a tenant portal machine.'
  return $answer
}
if ($version) {
  $answer.ok = $true
  return $answer
}
if ($Mode -eq 'verify') {
  $answer.code = 'VerifyFailed'
  $answer.message = 'URL Rewrite is not installed.'
  return $answer
}
if ((-not $InstallerUri) -or (-not $InstallerSha256)) {
  $answer.code = 'Precondition'
  $answer.message = 'URL Rewrite is not installed, and no installer with its SHA-256 is given.'
  return $answer
}
if ($Mode -eq 'probe') {
  $answer.code = 'NotDone'
  $answer.message = 'URL Rewrite is not installed.'
  return $answer
}

$file = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath ([Guid]::NewGuid().ToString() + '.msi')
try {
  Save-Download -Uri $InstallerUri -Path $file
  $hash = @{
    LiteralPath = $file
    Algorithm   = 'SHA256'
  }
  if ((Get-FileHash @hash).Hash -ne $InstallerSha256) {
    $answer.code = 'Precondition'
    $answer.message = 'The downloaded installer has another SHA-256 than the one given.'
    return $answer
  }
  $signature = Get-SignatureStatus -Path $file
  $answer.facts = @{ signature = $signature }
  if (@('Valid', 'NotSigned') -notcontains $signature) {
    $answer.code = 'Precondition'
    $answer.message = 'The installer has a signature that this machine does not accept: ' + $signature + '. It was not started.'
    return $answer
  }
  # Noted first: cut off in between, undo still knows.
  Set-Note -Name 'W10' -Note @{ installed = $true }
  $exitCode = Invoke-Msiexec -Arguments @('/i', ('"' + $file + '"'), '/qn', '/norestart')
} finally {
  $remove = @{
    LiteralPath = $file
    Force       = $true
    ErrorAction = 'SilentlyContinue'
  }
  Remove-Item @remove
}
if ($exitCode -eq 1618) {
  $answer.code = 'Busy'
  $answer.message = 'Another installation is running on this machine.'
  return $answer
}
$answer.changed = $true
if (@(0, 1641, 3010) -notcontains $exitCode) {
  $answer.code = 'ToolFailed'
  $answer.message = 'Installing URL Rewrite ended with exit code ' + $exitCode + '.'
  return $answer
}
if (($exitCode -eq 0) -and (-not (Get-ExtensionVersion))) {
  $answer.code = 'ToolFailed'
  $answer.message = 'Installing URL Rewrite ended with exit code 0, and it is not installed.'
  return $answer
}
$answer.ok = $true
$answer.facts = @{
  version   = (Get-ExtensionVersion)
  signature = $signature
}
if ($exitCode -ne 0) {
  $answer.code = 'RebootRequired'
}
return $answer
