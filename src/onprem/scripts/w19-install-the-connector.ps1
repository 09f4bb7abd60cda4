# W19: the package's own installer puts three products on a portal machine. It is a black box: its effects are what is
# looked at. What is new in the list of installed programs is noted, before and after, so that undo takes away exactly
# that.
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
# Preludes: answer, notes, package-script, installer, products, web-sites, connector-sites

# What Windows Installer has installed.
function Get-Product {
  foreach ($program in @(Get-InstalledProgram | Where-Object { $_.isProduct -and $_.name })) {
    @{ code = $program.key; name = $program.name }
  }
}

# What apply added, as far as it is still there. Without the list from afterwards (apply was cut off): what is new since
# the list from before and bears the product's name.
function Get-AddedProduct {
  $note = Get-Note -Name 'W19'
  $products = @(Get-Product)
  if ($null -eq $note) {
    return @()
  }
  if (@($note.added).Count -gt 0) {
    $codes = @($note.added)
    return @($products | Where-Object { $codes -contains $_.code })
  }
  $before = @($note.before)
  return @($products | Where-Object { ($before -notcontains $_.code) -and ($_.name -like '*Azure Pack*') })
}

function Get-MissingSite {
  $present = @(Get-Site -Names $siteNames | ForEach-Object { $_.name })
  return @($siteNames | Where-Object { $present -notcontains $_ })
}

if ($Mode -eq 'undo') {
  if (Test-InstallerBusy) {
    $answer.code = 'Busy'
    $answer.message = 'Another installation is running on this machine.'
    return $answer
  }
  $needsRestart = $false
  foreach ($product in @(Get-AddedProduct)) {
    $exitCode = Invoke-Msiexec -Arguments @('/x', $product.code, '/qn', '/norestart')
    Write-Verbose ('Uninstalling ' + $product.name + ' ended with ' + $exitCode)
    if ($exitCode -eq 1618) {
      $answer.code = 'Busy'
      $answer.message = 'Another installation is running on this machine.'
      return $answer
    }
    # 1605: not installed any more.
    if (@(0, 1605, 1641, 3010) -notcontains $exitCode) {
      $answer.code = 'ToolFailed'
      $answer.message = 'Uninstalling "' + $product.name + '" ended with ' + $exitCode + '.'
      return $answer
    }
    $answer.changed = $true
    if (@(1641, 3010) -contains $exitCode) {
      $needsRestart = $true
    }
  }
  if ($null -ne (Get-Note -Name 'W19')) {
    Remove-Note -Name 'W19'
  }
  $answer.ok = $true
  if ($needsRestart) {
    $answer.code = 'RebootRequired'
  }
  return $answer
}

if (-not (Test-WebServer)) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS, so it is not a tenant portal machine.'
  return $answer
}

if ($Mode -ne 'apply') {
  $missing = @(Get-MissingSite)
  $names = @(Get-AddedProduct | ForEach-Object { $_.name })
  $answer.facts = @{ products = $names }
  $answer.ok = ($missing.Count -eq 0)
  if ($answer.ok) {
    return $answer
  }
  $answer.code = $notDone
  $answer.message = 'These sites are not there: ' + ($missing -join ', ')
  return $answer
}

if (-not (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\IIS Extensions\URL Rewrite')) {
  $answer.code = 'Precondition'
  $answer.message = 'The IIS extension URL Rewrite is not installed.'
  return $answer
}
$installer = Join-Path -Path $Folder -ChildPath 'setup\scripts\Install-Connector.ps1'
if (-not (Test-Path -LiteralPath $installer)) {
  $answer.code = 'Precondition'
  $answer.message = 'The staged package has no setup\scripts\Install-Connector.ps1.'
  return $answer
}
if (Test-InstallerBusy) {
  $answer.code = 'Busy'
  $answer.message = 'Another installation is running on this machine.'
  return $answer
}

# A list from an earlier try, cut off, is the true one.
$note = Get-Note -Name 'W19'
$answer.changed = $true
if ($null -eq $note) {
  $codes = @(Get-Product | ForEach-Object { $_.code })
  Set-Note -Name 'W19' -Note @{ before = $codes; added = @() }
  $note = Get-Note -Name 'W19'
}
$renames = Get-PendingRename
$result = Invoke-PackageScript -Path $installer
$before = @($note.before)
$added = @(Get-Product | Where-Object { $before -notcontains $_.code })
$addedCodes = @($added | ForEach-Object { $_.code })
$addedNames = @($added | ForEach-Object { $_.name })
Set-Note -Name 'W19' -Note @{ before = $before; added = $addedCodes }
$answer.facts = @{ products = $addedNames }

$missing = @(Get-MissingSite)
if (($missing.Count -gt 0) -and (($result.exitCode -eq 1618) -or ($result.text -match '\b1618\b'))) {
  $answer.code = 'Busy'
  $answer.message = 'Windows Installer was busy with another installation.'
  return $answer
}
$needsRestart = ($result.exitCode -eq 3010) -or ($result.text -match '\b3010\b') -or ((Get-PendingRename) -gt $renames)
if ((@(0, 3010) -notcontains $result.exitCode) -or $result.hasErrors -or ($missing.Count -gt 0)) {
  $answer.code = 'ToolFailed'
  $answer.message = 'Install-Connector.ps1 ended with ' + $result.exitCode + '; sites missing: ' + ($missing -join ', ') + '. ' + $result.remark
  return $answer
}
$answer.ok = $true
if ($needsRestart) {
  $answer.code = 'RebootRequired'
}
return $answer
