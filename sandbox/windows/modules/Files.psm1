# Files on drive C:, and what else has the shape of items: keys of the registry, certificates, settings of
# WS-Management.

class WindowsFile {
  static [bool] Exists([string]$path) { return Microsoft.PowerShell.Management\Test-Path -LiteralPath (ConvertTo-Native $path) -PathType 'Leaf' }
  static [string] ReadAllText([string]$path) { return [string](Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $path) -Raw -ErrorAction 'Stop') }
  static [string] ReadAllText([string]$path, [object]$encoding) { return [WindowsFile]::ReadAllText($path) }
  static [void] WriteAllText([string]$path, [string]$text) { Microsoft.PowerShell.Management\Set-Content -LiteralPath (ConvertTo-Native $path) -Value $text -NoNewline -ErrorAction 'Stop' }
  static [void] WriteAllText([string]$path, [string]$text, [object]$encoding) { [WindowsFile]::WriteAllText($path, $text) }
  static [byte[]] ReadAllBytes([string]$path) { return Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $path) -Raw -AsByteStream -ErrorAction 'Stop' }
  static [void] WriteAllBytes([string]$path, [byte[]]$bytes) { Microsoft.PowerShell.Management\Set-Content -LiteralPath (ConvertTo-Native $path) -Value $bytes -AsByteStream -ErrorAction 'Stop' }
  static [datetime] GetLastWriteTimeUtc([string]$path) { return (Microsoft.PowerShell.Management\Get-Item -LiteralPath (ConvertTo-Native $path)).LastWriteTimeUtc }
}

class WindowsDirectory {
  static [object] CreateDirectory([string]$path) { return Microsoft.PowerShell.Management\New-Item -ItemType 'Directory' -Path (ConvertTo-Native $path) -Force }
}

class WindowsZip {
  static [void] ExtractToDirectory([string]$archive, [string]$folder) {
    [System.IO.Compression.ZipArchive]$zip = [System.IO.Compression.ZipArchive]::new([System.IO.FileStream]::new((ConvertTo-Native $archive), 'Open'))
    try {
      [System.IO.Compression.ZipFileExtensions]::ExtractToDirectory($zip, (ConvertTo-Native $folder))
    } finally {
      $zip.Dispose()
    }
  }
}

class WindowsXmlDocument : System.Xml.XmlDocument {
  [void] Load([string]$filename) { $this.LoadXml([WindowsFile]::ReadAllText($filename)) }
}

Add-Accelerator ([WindowsFile]) @('System.IO.File', 'IO.File')
Add-Accelerator ([WindowsDirectory]) @('System.IO.Directory', 'IO.Directory')
Add-Accelerator ([WindowsZip]) @('System.IO.Compression.ZipFile', 'IO.Compression.ZipFile')
Add-Factory 'Xml.XmlDocument' { , [WindowsXmlDocument]::new() }

function Test-Path {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Path, [string]$LiteralPath, [Alias('Type')][string]$PathType = 'Any')
  $asked = if ($LiteralPath) { $LiteralPath } else { $Path }
  if ($asked -match '^HKLM:') {
    return $null -ne (Get-RegistryKey $asked)
  }
  if ($asked -match '^Cert:') {
    return @(Get-StoredCertificate $asked).Count -gt 0
  }
  return Microsoft.PowerShell.Management\Test-Path -LiteralPath $asked -PathType $PathType
}

function Get-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$LiteralPath)
  switch -Regex ($LiteralPath) {
    '^HKLM:' { return Get-RegistryKey $LiteralPath }
    '^Cert:' { return @(Get-StoredCertificate $LiteralPath)[0] }
    '^WSMan:' { return [pscustomobject]@{ Value = (Get-WSManSetting $LiteralPath) } }
  }
  return Microsoft.PowerShell.Management\Get-Item -LiteralPath $LiteralPath
}

function Set-Item {
  [CmdletBinding()]
  param([string]$Path, [object]$Value, [switch]$Concatenate, [switch]$Force)
  Test-Failing 'Set-Item'
  Set-WSManSetting $Path $Value $Concatenate
}

function Get-ChildItem {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Path, [string]$LiteralPath, [string]$Filter, [switch]$File, [switch]$Directory, [switch]$Recurse,
    [switch]$Force)
  $asked = if ($LiteralPath) { $LiteralPath } else { $Path }
  if ($asked -match '^HKLM:') {
    return Get-RegistryChild $asked
  }
  if ($asked -match '^Cert:') {
    return Get-StoredCertificate $asked
  }
  return Microsoft.PowerShell.Management\Get-ChildItem @PSBoundParameters
}

function New-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Path, [Alias('Type')][string]$ItemType, [switch]$Force, [switch]$Confirm)
  Test-Failing 'New-Item'
  if ($Path -match '^HKLM:') {
    return New-RegistryKey $Path
  }
  return Microsoft.PowerShell.Management\New-Item @PSBoundParameters
}

function Move-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$LiteralPath, [Parameter(Position = 1)][string]$Destination, [switch]$Force)
  Test-Failing 'Move-Item'
  Microsoft.PowerShell.Management\Move-Item @PSBoundParameters
}

function Copy-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$LiteralPath, [Parameter(Position = 1)][string]$Destination, [switch]$Force)
  Test-Failing 'Copy-Item'
  Microsoft.PowerShell.Management\Copy-Item @PSBoundParameters
}

function Remove-Item {
  [CmdletBinding()]
  param([Parameter(Position = 0)][Alias('Path')][string]$LiteralPath, [switch]$Recurse, [switch]$Force, [switch]$DeleteKey)
  if ($LiteralPath -match '^Cert:') {
    Remove-StoredCertificate $LiteralPath
    return
  }
  Microsoft.PowerShell.Management\Remove-Item @PSBoundParameters
}

function icacls {
  $global:LASTEXITCODE = 0
}
