# W15: the data files that Azure Stack wrote, one per Windows Azure Pack cloud. The share asks for an account of the
# domain, which SYSTEM is not. Reads only.
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
# Preludes: answer, logon-failures, data-share

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
