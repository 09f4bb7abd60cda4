# SQL servers of the world that hold the store of Windows Azure Pack: who may sign in, the few statements that scripts
# send, and what the tenant side's settings show of it.

class SqlException : System.Exception {
  [int]$Number
  SqlException([int]$number) : base('A connection could not be opened.') { $this.Number = $number }
}

class SqlParameters {
  [hashtable]$Given = @{}
  [void] AddWithValue([string]$name, [object]$value) { $this.Given[$name] = $value }
}

class SqlCommand {
  [string]$CommandText
  [int]$CommandTimeout
  [SqlParameters]$Parameters = [SqlParameters]::new()
  [object]$Server
  [object] ExecuteScalar() { return Invoke-Statement $this.Server $this.CommandText $this.Parameters.Given }
  [void] Dispose() { }
}

class SqlConnection {
  [string]$ConnectionString
  [object]$Server
  [void] Open() {
    $found = Find-SqlServer $this.ConnectionString
    $at = @($global:World.machines | Where-Object { $_.id -eq $found.machineId })[0]
    if ($null -eq $at -or -not (Test-Way $at $at.nics 0)) {
      throw [SqlException]::new(53)
    }
    if (@(@($found.logins) + @($found.sysadmins)) -notcontains (Get-OwnAccount)) {
      throw [SqlException]::new(18456)
    }
    $this.Server = $found
  }
  [object] CreateCommand() {
    $command = [SqlCommand]::new()
    $command.Server = $this.Server
    return $command
  }
  [void] Dispose() { }
}

Add-Accelerator ([SqlException]) @('System.Data.SqlClient.SqlException')
Add-Factory 'Data.SqlClient.SqlConnection' { [SqlConnection]::new() }

# The account of this process; SYSTEM is no login of anybody's SQL server.
function Get-OwnAccount {
  $found = if ($global:RunAs) { Find-DomainAccount $global:World.domains $global:RunAs }
  if ($found) {
    return $found.qualified
  }
  return [string]$global:RunAs
}

function Find-SqlServer {
  param([string]$ConnectionString)
  $name = [regex]::Match($ConnectionString, 'Data Source=([^;]+)').Groups[1].Value
  $servers = $global:World.connector.sqlServers
  return @($servers.Keys | Where-Object { $_ -eq $name } | ForEach-Object { $servers[$_] })[0]
}

function Copy-Trust {
  param([object[]]$Trusts)
  return @($Trusts | ForEach-Object { @{ realm = $_.realm; thumbprint = $_.thumbprint } })
}

function Invoke-Statement {
  param([object]$Server, [string]$Text, [hashtable]$Values)
  switch -Regex ($Text) {
    'IS_SRVROLEMEMBER' { return [int](@($Server.sysadmins) -contains (Get-OwnAccount)) }
    'sys\.databases' { return [int][bool]$Server.hasStore }
    'last_user_update' { return (@($Server.trustRuns.Values) | Measure-Object -Sum).Sum }
    '^BACKUP' {
      $Server.backups = @($Server.backups) + @{ name = $Values['@file']; trusts = @(Copy-Trust $Server.trusts) }
      $Server.lastWorkEndedMs = 1
    }
    '^RESTORE' {
      $backup = @($Server.backups | Where-Object { $_.name -eq $Values['@file'] })[0]
      $Server.trusts = @(Copy-Trust $backup.trusts)
    }
  }
  return $null
}

# What Configure-TrustAzureStack.ps1 does to the store.
function Add-StoreTrust {
  param([string]$SqlServer, [string]$Realm, [string]$Thumbprint)
  $server = Find-SqlServer ('Data Source=' + $SqlServer)
  $server.trustRuns[$Realm] = 1 + [int]$server.trustRuns[$Realm]
  $known = @($server.trusts | Where-Object { $_.realm.TrimEnd('/') -eq $Realm.TrimEnd('/') -and $_.thumbprint -eq $Thumbprint })
  if ($known.Count -eq 0) {
    $server.trusts = @($server.trusts) + @{ realm = $Realm; thumbprint = $Thumbprint }
  }
}

# Certificates are known to the store by their thumbprints: the world's own signing certificate is the one that can be
# shown.
function Get-MgmtSvcRelyingPartySettings {
  [CmdletBinding()]
  param([string]$Target, [string]$ConnectionString)
  $server = Find-SqlServer $ConnectionString
  if (-not $server.showsTrusts -or $ConnectionString -notmatch 'Microsoft\.MgmtSvc\.Store') {
    return
  }
  $signing = $global:World.connector.azureStack.signingCertificate
  $thumbprint = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([Convert]::FromBase64String($signing)).Thumbprint
  foreach ($trust in @($server.trusts | Where-Object { $_.thumbprint -eq $thumbprint })) {
    [pscustomobject]@{ Realm = $trust.realm; Certificates = @($signing) }
  }
}
