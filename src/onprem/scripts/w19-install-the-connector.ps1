# W19: the package's own installer puts three products on a portal machine. It is a black box: its effects are what is looked at.
# What is new in the list of installed programs is noted, before and after, so that undo takes away exactly that.
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

$answer = [ordered]@{
  ok      = $false
  changed = $false
  code    = ''
  facts   = @{}
  message = ''
}
$siteNames = @('MgmtSvc-Connector', 'MgmtSvc-ConnectorExtension', 'MgmtSvc-ConnectorController')

# Notes live where only administrators write.
$notesKey = 'HKLM:\SOFTWARE\Gatehouse\Steps'

function Get-Note {
  if (-not (Test-Path -LiteralPath $notesKey)) {
    return $null
  }
  $text = (Get-Item -LiteralPath $notesKey).GetValue('W19')
  if ($null -eq $text) {
    return $null
  }
  return (ConvertFrom-Json -InputObject $text)
}

function Set-Note {
  param([object]$Note)
  if (-not (Test-Path -LiteralPath $notesKey)) {
    $create = @{
      Path  = $notesKey
      Force = $true
    }
    $null = New-Item @create
  }
  $text = @{
    InputObject = $Note
    Depth       = 4
    Compress    = $true
  }
  $write = @{
    LiteralPath = $notesKey
    Name        = 'W19'
    Value       = (ConvertTo-Json @text)
  }
  Set-ItemProperty @write
}

# Installed programs with a product code, 64 and 32 bit.
function Get-Product {
  $roots = @(
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
    'HKLM:\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall'
  )
  $found = @()
  foreach ($root in $roots) {
    if (-not (Test-Path -LiteralPath $root)) {
      continue
    }
    foreach ($key in @(Get-ChildItem -LiteralPath $root)) {
      $name = $key.GetValue('DisplayName')
      if (($key.PSChildName -match '^\{[0-9A-Fa-f-]{36}\}\z') -and $name) {
        $found += @{ code = $key.PSChildName; name = [string]$name }
      }
    }
  }
  return $found
}

# What apply added, as far as it is still there. Without the list from afterwards (apply was cut off): what is new since the list
# from before and bears the product's name.
function Get-AddedProduct {
  $note = Get-Note
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
  Import-Module -Name 'WebAdministration' -Verbose:$false
  $present = @(Get-Website | ForEach-Object { $_.name })
  return @($siteNames | Where-Object { $present -notcontains $_ })
}

# Windows Installer holds this mutex while it installs: what would end as 1618 is seen before anything is started.
function Test-InstallerBusy {
  $mutex = $null
  $isOpen = [System.Threading.Mutex]::TryOpenExisting('Global\_MSIExecute', [ref]$mutex)
  if ($isOpen) {
    $mutex.Dispose()
  }
  return $isOpen
}

function Get-PendingRename {
  $session = Get-Item -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'
  return @($session.GetValue('PendingFileRenameOperations') | Where-Object { $null -ne $_ }).Count
}

if ($Mode -eq 'undo') {
  if (Test-InstallerBusy) {
    $answer.code = 'Busy'
    $answer.message = 'Another installation is running on this machine.'
    return $answer
  }
  $needsRestart = $false
  foreach ($product in @(Get-AddedProduct)) {
    $run = @{
      FilePath     = 'msiexec.exe'
      ArgumentList = @('/x', $product.code, '/qn', '/norestart')
      Wait         = $true
      PassThru     = $true
    }
    $exitCode = (Start-Process @run).ExitCode
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
  if ($null -ne (Get-Note)) {
    $forget = @{
      LiteralPath = $notesKey
      Name        = 'W19'
    }
    Remove-ItemProperty @forget
  }
  $answer.ok = $true
  if ($needsRestart) {
    $answer.code = 'RebootRequired'
  }
  return $answer
}

if (-not (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\InetStp')) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS: it is no tenant portal machine.'
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
  $answer.code = 'NotDone'
  if ($Mode -eq 'verify') {
    $answer.code = 'VerifyFailed'
  }
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
  $answer.message = 'ScriptNotFound: the staged package has no setup\scripts\Install-Connector.ps1.'
  return $answer
}
if (Test-InstallerBusy) {
  $answer.code = 'Busy'
  $answer.message = 'Another installation is running on this machine.'
  return $answer
}

# A list from an earlier try, cut off, is the true one.
$note = Get-Note
$answer.changed = $true
if ($null -eq $note) {
  $codes = @(Get-Product | ForEach-Object { $_.code })
  Set-Note -Note @{ before = $codes; added = @() }
  $note = Get-Note
}
$renames = Get-PendingRename
$result = Invoke-PackageScript -Path $installer
$before = @($note.before)
$added = @(Get-Product | Where-Object { $before -notcontains $_.code })
$addedCodes = @($added | ForEach-Object { $_.code })
$addedNames = @($added | ForEach-Object { $_.name })
Set-Note -Note @{ before = $before; added = $addedCodes }
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
