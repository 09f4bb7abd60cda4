# W26: the data file of this cloud beside the package, byte by byte as Azure Stack wrote it.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z]:(\\[A-Za-z0-9._-]+)+\z')]
  [string]$Folder,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.txt\z')]
  [string]$FileName,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[0-9a-f]{64}\z')]
  [string]$Sha256,
  [Parameter(Mandatory = $true)]
  [securestring]$Content
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer

$path = Join-Path -Path $Folder -ChildPath $FileName

function Get-FileSha256 {
  param([string]$Path)
  if (-not (Test-Path -LiteralPath $Path)) {
    return ''
  }
  $hash = @{
    LiteralPath = $Path
    Algorithm   = 'SHA256'
  }
  return (Get-FileHash @hash).Hash.ToLowerInvariant()
}

# The text lives as long as this call, the memory behind it is wiped.
function ConvertFrom-Content {
  $pointer = [System.Runtime.InteropServices.Marshal]::SecureStringToBSTR($Content)
  try {
    return , [Convert]::FromBase64String([System.Runtime.InteropServices.Marshal]::PtrToStringBSTR($pointer))
  } finally {
    [System.Runtime.InteropServices.Marshal]::ZeroFreeBSTR($pointer)
  }
}

$found = Get-FileSha256 -Path $path

if ($Mode -eq 'undo') {
  $answer.ok = $true
  # A file of that name with other bytes is not the one that apply wrote.
  if ($found -eq $Sha256) {
    $remove = @{
      LiteralPath = $path
      Force       = $true
    }
    Remove-Item @remove
    $answer.changed = $true
  }
  return $answer
}

if ($found) {
  $answer.facts = @{ sha256 = $found }
}
if (($Mode -ne 'apply') -or ($found -eq $Sha256)) {
  $answer.ok = ($found -eq $Sha256)
  if (-not $answer.ok) {
    $answer.code = $notDone
    $answer.message = 'The data file is not in the folder of the package.'
  }
  return $answer
}

if (-not (Test-Path -LiteralPath $Folder)) {
  $answer.code = 'Precondition'
  $answer.message = 'The package is not staged in ' + $Folder + '.'
  return $answer
}
$fresh = $path + '.' + [Guid]::NewGuid().ToString('N')
try {
  [System.IO.File]::WriteAllBytes($fresh, (ConvertFrom-Content))
  if ((Get-FileSha256 -Path $fresh) -ne $Sha256) {
    $answer.code = 'Precondition'
    $answer.message = 'The data file has another SHA-256 than the one given.'
    return $answer
  }
  # Whole or not at all: the file appears under its name when it is right.
  $move = @{
    LiteralPath = $fresh
    Destination = $path
    Force       = $true
  }
  Move-Item @move
} finally {
  $remove = @{
    LiteralPath = $fresh
    Force       = $true
    ErrorAction = 'SilentlyContinue'
  }
  Remove-Item @remove
}
$answer.changed = $true
$answer.ok = $true
$answer.facts = @{ sha256 = $Sha256 }
return $answer
