# W16: the bytes of one data file, unchanged, as base64. Only the file that was listed: its hash is part of the
# question. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^\\\\[A-Za-z0-9.-]+(\\[A-Za-z0-9._$-]+)+\z')]
  [string]$Share,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.txt\z')]
  [string]$FileName,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[0-9a-f]{64}\z')]
  [string]$Sha256,
  [Parameter(Mandatory = $true)]
  [pscredential]$ShareCredential
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, logon-failures, data-share

$answer.code = 'Precondition'

# What Key Vault takes as one secret is 25 KB; base64 makes three bytes four.
$sizeMax = 18000

function Get-Sha256 {
  param([byte[]]$Bytes)
  $algorithm = [System.Security.Cryptography.SHA256]::Create()
  try {
    $digest = $algorithm.ComputeHash($Bytes)
    return [BitConverter]::ToString($digest).Replace('-', '').ToLowerInvariant()
  } finally {
    $algorithm.Dispose()
  }
}

$drive = @{
  Name       = 'GatehouseShare'
  PSProvider = 'FileSystem'
  Root       = $Share
  Credential = $ShareCredential
}
try {
  $null = New-PSDrive @drive
  $path = Join-Path -Path 'GatehouseShare:\' -ChildPath $FileName
  if (-not (Test-Path -LiteralPath $path)) {
    $answer.message = 'The data file is not on the share any more.'
    return $answer
  }
  $file = Get-Item -LiteralPath $path
  if ($file.Length -gt $sizeMax) {
    $answer.message = 'The data file has ' + $file.Length + ' bytes, more than ' + $sizeMax + ': it is no data file of the connector.'
    return $answer
  }
  # Read once: what is hashed is what is sent.
  $bytes = [System.IO.File]::ReadAllBytes($file.FullName)
  $found = Get-Sha256 -Bytes $bytes
  if ($found -ne $Sha256) {
    $answer.message = 'The data file has changed since it was listed.'
    return $answer
  }
  $answer.facts = @{
    content   = [Convert]::ToBase64String($bytes)
    sha256    = $found
    sizeBytes = $bytes.Length
  }
  $answer.ok = $true
  $answer.code = ''
  return $answer
} catch [System.ComponentModel.Win32Exception] {
  $problem = Get-ShareProblem -Failure $_.Exception
  $answer.code = $problem.code
  $answer.message = $problem.message
  return $answer
} finally {
  $remove = @{
    Name        = 'GatehouseShare'
    Force       = $true
    ErrorAction = 'SilentlyContinue'
  }
  Remove-PSDrive @remove
}
