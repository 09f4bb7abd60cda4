# Windows Azure Pack on a machine: its sites in IIS, their Web.config files, and the cmdlets of its configuration.

function Import-Module {
  [CmdletBinding()]
  param([string]$Name)
}

function Get-Module {
  [CmdletBinding()]
  param([switch]$ListAvailable, [string]$Name)
  $machine = $global:Machine
  $isThere = @{
    ActiveDirectory = $null -ne $machine.domain
    MgmtSvcConfig = $null -ne $machine.azurePack.tenantApi
    WebAdministration = @($machine.azurePack.sites).Count -gt 0
  }[$Name]
  if ($isThere) {
    return [pscustomobject]@{ Name = $Name }
  }
}

function Get-Website {
  foreach ($site in @($global:Machine.azurePack.sites)) {
    [pscustomobject]@{ name = $site.name; physicalPath = 'C:\inetpub\' + $site.name; state = $site.state; applicationPool = $site.name }
  }
}

function Get-WebAppPoolState {
  [CmdletBinding()]
  param([string]$Name)
  return [pscustomobject]@{ Value = 'Started' }
}

function Get-WebBinding {
  [CmdletBinding()]
  param([string]$Name, [string]$Protocol)
  $site = @($global:Machine.azurePack.sites | Where-Object { $_.name -eq $Name })[0]
  if ($site) {
    return [pscustomobject]@{ certificateHash = $site.thumbprint }
  }
}

# A script of the package binds a certificate: what it does is nobody's secret, how it does it is.
function Set-SiteCertificate {
  param([string[]]$Names, [string]$Thumbprint)
  foreach ($name in $Names) {
    $site = @($global:Machine.azurePack.sites | Where-Object { $_.name -eq $name })[0]
    if ($null -eq $site) {
      throw ('There is no site ' + $name + '.')
    }
    $site.thumbprint = $Thumbprint
  }
}

# Web.config of a site: what Configure-WapConnector.ps1 writes, by name.
function New-SiteFile {
  param([string]$Name, [hashtable]$Settings = @{})
  $lines = @($Settings.Keys | Sort-Object | ForEach-Object { '<add key="' + $_ + '" value="' + $Settings[$_] + '" />' })
  $text = '<configuration><appSettings>' + ($lines -join '') + '</appSettings></configuration>'
  $file = ConvertTo-Native "C:\inetpub\$Name\Web.config"
  $null = Microsoft.PowerShell.Management\New-Item -ItemType 'Directory' -Path (Split-Path -Path $file) -Force
  Microsoft.PowerShell.Management\Set-Content -LiteralPath $file -Value $text -NoNewline
}

# The Tenant API's own Web.config holds a connection string, in the open or encrypted.
function Write-TenantApiFile {
  $part = $global:Machine.azurePack.tenantApi
  $text = '<configuration><EncryptedData /></configuration>'
  if (-not $part.isWebConfigProtected) {
    $connection = 'Data Source=tcp:' + $part.sqlServer + ';Initial Catalog=Microsoft.MgmtSvc.Store;User ID=wap;Password=hunter2'
    $text = '<configuration><connectionStrings><add name="Store" connectionString="' + $connection + '" /></connectionStrings></configuration>'
  }
  $file = ConvertTo-Native 'C:\inetpub\MgmtSvc-TenantAPI\Web.config'
  $null = Microsoft.PowerShell.Management\New-Item -ItemType 'Directory' -Path (Split-Path -Path $file) -Force
  Microsoft.PowerShell.Management\Set-Content -LiteralPath $file -Value $text -NoNewline
}

function Test-MgmtSvcProtectedConfiguration {
  [CmdletBinding()]
  param([string]$Namespace)
  return [bool]$global:Machine.azurePack.tenantApi.isWebConfigProtected
}

function Protect-MgmtSvcConfiguration {
  [CmdletBinding()]
  param([string]$Namespace, [switch]$Confirm)
  $global:Machine.azurePack.tenantApi.isWebConfigProtected = $true
  Write-TenantApiFile
}

function Unprotect-MgmtSvcConfiguration {
  [CmdletBinding()]
  param([string]$Namespace, [switch]$Confirm)
  $global:Machine.azurePack.tenantApi.isWebConfigProtected = $false
  Write-TenantApiFile
}

Add-Factory 'Data.SqlClient.SqlConnectionStringBuilder' {
  Add-Member -InputObject @{} -MemberType 'ScriptMethod' -Name 'set_ConnectionString' -Value {
    param($Text)
    foreach ($pair in @($Text -split ';' | Where-Object { $_ })) {
      $name, $value = $pair -split '=', 2
      if ($null -eq $value) {
        throw [System.ArgumentException]::new('Format of the initialization string does not conform to specification.')
      }
      $this[$name] = $value
    }
  } -PassThru
}

# A site answers over TLS on its port, with a line of HTTP.
Add-Factory 'Net.Security.SslStream' {
  $stream = [pscustomobject]@{ isAnswering = $true }
  foreach ($name in @('AuthenticateAsClient', 'Write', 'Dispose')) {
    Add-Member -InputObject $stream -MemberType 'ScriptMethod' -Name $name -Value { }
  }
  return $stream
}

Add-Factory 'IO.StreamReader' {
  $reader = [pscustomobject]@{}
  Add-Member -InputObject $reader -MemberType 'ScriptMethod' -Name 'ReadLine' -Value { 'HTTP/1.1 401 Unauthorized' }
  return Add-Member -InputObject $reader -MemberType 'ScriptMethod' -Name 'Dispose' -Value { } -PassThru
}
