# W2: Windows Azure Pack, Service Provider Foundation and Virtual Machine Manager are new enough. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidateScript({ (@('wap', 'spf', 'vmm') -contains $_.name) -and ($_.minimum -match '^\d+(\.\d+){1,3}\z') })]
  [psobject[]]$Products
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, products

$titles = @{
  wap = 'Windows Azure Pack'
  spf = 'Service Provider Foundation'
  vmm = 'Virtual Machine Manager'
}
# The roles of Windows Azure Pack all carry the build of their update rollup; the connector is no such role.
$patterns = @{
  wap = '^Windows Azure Pack - .+ - 2013\z'
  spf = '^(Microsoft )?System Center.* Service Provider Foundation'
  vmm = '^(Microsoft )?System Center.* Virtual Machine Manager( Management)? Server'
}

function ConvertTo-Version {
  param([string]$Text)
  if ($Text -match '^\d+(\.\d+){1,3}') {
    return [version]$Matches[0]
  }
  return $null
}

function Get-InstalledVersion {
  param([string]$Pattern)
  $versions = @()
  foreach ($program in @(Get-InstalledProgram | Where-Object { $_.name -match $Pattern })) {
    $version = ConvertTo-Version -Text $program.version
    if ($null -ne $version) {
      $versions += $version
    }
  }
  return $versions
}

# An update rollup of System Center is a patch: it renews files and may leave the registered version as it was. So the
# newest file of the same major and minor version counts as well.
function Get-ProgramVersion {
  param([string]$Folder, [version]$Installed)
  $newest = $Installed
  if ((-not $Folder) -or (-not (Test-Path -LiteralPath $Folder))) {
    return $newest
  }
  $list = @{
    LiteralPath = $Folder
    Recurse     = $true
    File        = $true
    ErrorAction = 'SilentlyContinue'
  }
  foreach ($file in @(Get-ChildItem @list | Where-Object { @('.dll', '.exe') -contains $_.Extension })) {
    $version = ConvertTo-Version -Text ([string]$file.VersionInfo.FileVersion)
    if (($null -eq $version) -or ($version.Major -ne $Installed.Major) -or ($version.Minor -ne $Installed.Minor)) {
      continue
    }
    if ($version -gt $newest) {
      $newest = $version
    }
  }
  return $newest
}

function Get-ProgramFolder {
  param([string]$Name)
  if ($Name -eq 'vmm') {
    $key = 'HKLM:\SOFTWARE\Microsoft\Microsoft System Center Virtual Machine Manager Server\Setup'
    if (Test-Path -LiteralPath $key) {
      $folder = [string](Get-Item -LiteralPath $key).GetValue('InstallPath')
      if ($folder) {
        return (Join-Path -Path $folder -ChildPath 'bin')
      }
    }
  }
  if ($Name -eq 'spf') {
    return (Join-Path -Path $env:SystemDrive -ChildPath 'inetpub\SPF')
  }
  return ''
}

$seen = @()
$complaints = @()
foreach ($product in $Products) {
  $name = [string]$product.name
  $versions = @(Get-InstalledVersion -Pattern $patterns[$name] | Sort-Object)
  if ($versions.Count -eq 0) {
    $complaints += $titles[$name] + ' is not installed here.'
    continue
  }
  # The oldest role decides: a machine that was updated in part is not updated.
  $look = @{
    Folder    = (Get-ProgramFolder -Name $name)
    Installed = $versions[0]
  }
  $version = Get-ProgramVersion @look
  $seen += @{
    name    = $name
    version = $version.ToString()
  }
  if ($version -lt [version]$product.minimum) {
    $complaints += $titles[$name] + ' is ' + $version + ', older than ' + $product.minimum + '.'
  }
}
$answer.facts = @{ products = $seen }
$answer.ok = ($complaints.Count -eq 0)
if (-not $answer.ok) {
  $answer.code = 'Precondition'
  $answer.message = ($complaints -join ' ')
}
return $answer
