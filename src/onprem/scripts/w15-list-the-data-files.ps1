# W15: the data files that Azure Stack wrote, one per Windows Azure Pack cloud. The share asks for an account of the domain, which
# SYSTEM is not. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^\\\\[A-Za-z0-9.-]+(\\[A-Za-z0-9._$-]+)+\z')]
  [string]$Share,
  [Parameter(Mandatory = $true)]
  [pscredential]$ShareCredential
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

# Wrong password, expired, locked out and their kin. They are never tried again.
$logonErrors = @(5, 86, 1326, 1327, 1330, 1331, 1907, 1909)
# No such name in the network, no way there, no answer.
$networkErrors = @(51, 53, 54, 59, 64, 121, 1203, 1222, 1231, 1232)

function Get-DataFile {
  $culture = [System.Globalization.CultureInfo]::InvariantCulture
  $list = @{
    LiteralPath = 'GatehouseShare:\'
    Filter      = '*.txt'
    File        = $true
  }
  # Windows takes a longer extension for a match of a short one.
  $files = @(Get-ChildItem @list | Where-Object { $_.Extension -eq '.txt' } | Sort-Object -Property 'Name')
  foreach ($file in $files) {
    $hash = @{
      LiteralPath = $file.FullName
      Algorithm   = 'SHA256'
    }
    @{
      name      = $file.Name
      sizeBytes = $file.Length
      sha256    = (Get-FileHash @hash).Hash.ToLowerInvariant()
      writtenAt = $file.LastWriteTimeUtc.ToString('yyyy-MM-ddTHH:mm:ss.fffZ', $culture)
    }
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
  $answer.facts = @{ files = @(Get-DataFile) }
  $answer.ok = $true
  return $answer
} catch [System.ComponentModel.Win32Exception] {
  $answer.code = 'ToolFailed'
  if ($networkErrors -contains $_.Exception.NativeErrorCode) {
    $answer.code = 'Unreachable'
  }
  if ($logonErrors -contains $_.Exception.NativeErrorCode) {
    $answer.code = 'AuthFailed'
  }
  $answer.message = 'The share of the data files does not open: ' + $_.Exception.Message
  return $answer
} finally {
  $remove = @{
    Name        = 'GatehouseShare'
    Force       = $true
    ErrorAction = 'SilentlyContinue'
  }
  Remove-PSDrive @remove
}
