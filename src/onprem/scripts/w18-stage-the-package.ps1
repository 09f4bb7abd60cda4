# W18 and W25: the package's folder on this machine. Nothing is unpacked before its hash is right, nothing is staged of
# which this machine finds a signature wrong, and the folder appears whole: it is unpacked beside, then swapped. The
# hash noted in the folder says what is in it, and that it was put there by this step: what somebody else unpacked there
# is kept beside, and undo puts it back.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^https://[^\s''"`$;]+\z')]
  [string]$Uri,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[0-9a-f]{64}\z')]
  [string]$Sha256,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z]:(\\[A-Za-z0-9._-]+)+\z')]
  [string]$Folder
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, download

$hashFile = Join-Path -Path $Folder -ChildPath 'gatehouse.sha256'
$kept = $Folder + '.before-gatehouse'

function Get-StagedHash {
  if (-not (Test-Path -LiteralPath $hashFile)) {
    return ''
  }
  return [System.IO.File]::ReadAllText($hashFile).Trim()
}

function Test-Package {
  param([string]$Path)
  $list = @{
    Path        = (Join-Path -Path $Path -ChildPath 'setup\scripts\*.ps1')
    ErrorAction = 'SilentlyContinue'
  }
  return (@(Get-ChildItem @list).Count -gt 0)
}

function Remove-Tree {
  param([string]$Path)
  if (Test-Path -LiteralPath $Path) {
    $remove = @{
      LiteralPath = $Path
      Recurse     = $true
      Force       = $true
    }
    Remove-Item @remove
  }
}

# PowerShell 5 has a cmdlet for it, Server 2012 R2 comes with 4.
function Expand-Package {
  param([string]$Path, [string]$Target)
  if ($null -ne (Get-Command -Name 'Expand-Archive' -ErrorAction 'SilentlyContinue')) {
    $ProgressPreference = 'SilentlyContinue'
    $expand = @{
      LiteralPath     = $Path
      DestinationPath = $Target
    }
    Expand-Archive @expand
    return
  }
  Add-Type -AssemblyName 'System.IO.Compression.FileSystem'
  [System.IO.Compression.ZipFile]::ExtractToDirectory($Path, $Target)
}

# The archive holds the folder's content, or the folder itself.
function Get-PackageRoot {
  param([string]$Path)
  if (Test-Package -Path $Path) {
    return $Path
  }
  $list = @{
    LiteralPath = $Path
    Directory   = $true
  }
  $roots = @(Get-ChildItem @list | Where-Object { Test-Package -Path $_.FullName })
  if ($roots.Count -eq 1) {
    return $roots[0].FullName
  }
  return ''
}

# An archive carries no signature, what is in it may. Shorter files than four bytes cannot be asked about and hold none.
function Get-SignableFile {
  param([string]$Path)
  $list = @{
    LiteralPath = $Path
    Recurse     = $true
    File        = $true
    Force       = $true
  }
  $extensions = @('.exe', '.dll', '.ps1', '.psm1', '.psd1', '.msi')
  return @(Get-ChildItem @list | Where-Object { ($extensions -contains $_.Extension) -and ($_.Length -ge 4) })
}

function Move-Tree {
  param([string]$From, [string]$To)
  $move = @{
    LiteralPath = $From
    Destination = $To
  }
  Move-Item @move
}

$staged = Get-StagedHash
$mark = [Guid]::NewGuid().ToString('N')
$old = $Folder + '.' + $mark + '.old'

if ($Mode -eq 'undo') {
  # A try that was cut off between its two moves left no folder: what was there before is still kept.
  if ((-not (Test-Path -LiteralPath $Folder)) -and (Test-Path -LiteralPath $kept)) {
    Move-Tree -From $kept -To $Folder
    $answer.changed = $true
  }
  # Without the note the folder is somebody else's. It is moved first: where a file of it is in use, all of it stays,
  # with its note.
  if ($staged) {
    Move-Tree -From $Folder -To $old
    $answer.changed = $true
    if (Test-Path -LiteralPath $kept) {
      Move-Tree -From $kept -To $Folder
    }
    Remove-Tree -Path $old
  }
  $answer.ok = $true
  return $answer
}

$isStaged = ($staged -eq $Sha256) -and (Test-Package -Path $Folder)
if (($Mode -ne 'apply') -or $isStaged) {
  $answer.ok = $isStaged
  if ($staged) {
    $answer.facts = @{ sha256 = $staged }
  }
  if (-not $answer.ok) {
    $answer.code = $notDone
    $answer.message = 'The package is not staged in ' + $Folder + '.'
  }
  return $answer
}

if ((Test-Path -LiteralPath $Folder) -and (-not $staged) -and (-not (Test-Package -Path $Folder))) {
  $answer.code = 'Precondition'
  $answer.message = 'The folder ' + $Folder + ' holds something else than the package. Name another folder.'
  return $answer
}
$isForeign = (Test-Path -LiteralPath $Folder) -and (-not $staged)
if ($isForeign -and (Test-Path -LiteralPath $kept)) {
  $answer.code = 'Precondition'
  $answer.message = 'Somebody unpacked a package in ' + $Folder + ', and an earlier one is kept in ' + $kept + ' already. Move one of them away.'
  return $answer
}

$archive = $Folder + '.' + $mark + '.zip'
$fresh = $Folder + '.' + $mark + '.new'
if ($isForeign) {
  $old = $kept
}
try {
  $parent = Split-Path -Path $Folder
  if (-not (Test-Path -LiteralPath $parent)) {
    $create = @{
      ItemType = 'Directory'
      Path     = $parent
    }
    $null = New-Item @create
  }
  Save-Download -Uri $Uri -Path $archive
  $hash = @{
    LiteralPath = $archive
    Algorithm   = 'SHA256'
  }
  if ((Get-FileHash @hash).Hash -ne $Sha256) {
    $answer.code = 'Precondition'
    $answer.message = 'The downloaded package has another SHA-256 than the one given.'
    return $answer
  }
  Expand-Package -Path $archive -Target $fresh
  $root = Get-PackageRoot -Path $fresh
  if (-not $root) {
    $answer.code = 'Precondition'
    $answer.message = 'The package has no folder setup\scripts with the connector''s scripts.'
    return $answer
  }
  $signed = 0
  $notSigned = 0
  $doubtful = @()
  foreach ($file in @(Get-SignableFile -Path $root)) {
    $status = Get-SignatureStatus -Path $file.FullName
    if ($status -eq 'Valid') {
      $signed += 1
    } elseif ($status -eq 'NotSigned') {
      $notSigned += 1
    } else {
      $doubtful += ($file.FullName.Substring($root.Length + 1) + ' (' + $status + ')')
    }
  }
  $answer.facts = @{
    signed    = $signed
    notSigned = $notSigned
    doubtful  = $doubtful.Count
  }
  if ($doubtful.Count -gt 0) {
    $answer.code = 'Precondition'
    $named = (@($doubtful) | Select-Object -First 3) -join ', '
    $answer.message = 'Files of the package have signatures that this machine does not accept, ' + $named + '. Nothing was staged.'
    return $answer
  }
  # A mark of the internet would make Windows ask before it runs them.
  $files = @{
    LiteralPath = $root
    Recurse     = $true
    File        = $true
  }
  Get-ChildItem @files | Unblock-File
  [System.IO.File]::WriteAllText((Join-Path -Path $root -ChildPath 'gatehouse.sha256'), $Sha256)
  $hadFolder = Test-Path -LiteralPath $Folder
  if ($hadFolder) {
    Move-Tree -From $Folder -To $old
    $answer.changed = $true
  }
  try {
    Move-Tree -From $root -To $Folder
  } catch {
    # One of the two packages is there, whatever happens.
    if ($hadFolder) {
      Move-Tree -From $old -To $Folder
      $answer.changed = $false
    }
    throw
  }
  $answer.changed = $true
  if ($isForeign) {
    $answer.message = 'The package that somebody had unpacked there is kept in ' + $kept + '.'
  }
} finally {
  $leftovers = @($archive, $fresh)
  if ((Test-Path -LiteralPath $Folder) -and (-not $isForeign)) {
    $leftovers += $old
  }
  foreach ($path in $leftovers) {
    $remove = @{
      LiteralPath = $path
      Recurse     = $true
      Force       = $true
      ErrorAction = 'SilentlyContinue'
    }
    Remove-Item @remove
  }
}
$answer.ok = $true
$answer.facts = @{
  sha256    = $Sha256
  signed    = $signed
  notSigned = $notSigned
}
return $answer
