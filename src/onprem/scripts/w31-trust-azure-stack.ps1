# W31 and W32: the tenant API trusts Azure Stack's token service. Once per data file, from one API machine, as a Windows
# account that is sysadmin on the server: the script's own prompt for an SQL login would wait for somebody for ever.
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
  [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9.-]*(\\[A-Za-z0-9_$]+)?(,\d{1,5})?\z')]
  [string]$SqlServer,
  [Parameter(Mandatory = $true)]
  [ValidateLength(1, 512)]
  [string]$Realm,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[0-9A-Fa-f]{40}\z')]
  [string]$Thumbprint
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, notes, package-script

$storeName = 'Microsoft.MgmtSvc.Store'

# One note per data file: several Azure Stacks may be trusted from one machine.
$noteName = 'W31-' + $Sha256.Substring(0, 16)

function Get-TrustNote {
  $note = Get-Note -Name $noteName
  if (($null -eq $note) -or ($note.sha256 -ne $Sha256) -or ($note.sqlServer -ne $SqlServer)) {
    return $null
  }
  return $note
}

function Set-TrustNote {
  param([string]$Backup, [bool]$IsDone, [bool]$IsShown)
  $note = @{
    sha256    = $Sha256
    sqlServer = $SqlServer
    backup    = $Backup
    isDone    = $IsDone
    isShown   = $IsShown
  }
  Set-Note -Name $noteName -Note $note
}

# The account of this process is the credential: nothing secret is in the text.
function Get-ConnectionString {
  param([string]$Database)
  return 'Data Source=' + $SqlServer + ';Initial Catalog=' + $Database + ';Integrated Security=True;Connect Timeout=15'
}

function Open-Server {
  $connection = New-Object -TypeName 'System.Data.SqlClient.SqlConnection'
  $connection.ConnectionString = Get-ConnectionString -Database 'master'
  $connection.Open()
  return $connection
}

# Values travel as parameters of the command, never as its text.
function Invoke-Statement {
  param([object]$Connection, [string]$Text, [hashtable]$Values)
  $command = $Connection.CreateCommand()
  try {
    $command.CommandText = $Text
    $command.CommandTimeout = 240
    foreach ($name in $Values.Keys) {
      $null = $command.Parameters.AddWithValue($name, $Values[$name])
    }
    return $command.ExecuteScalar()
  } finally {
    $command.Dispose()
  }
}

function ConvertTo-Thumbprint {
  param([object]$Certificate)
  if ($Certificate -is [System.Security.Cryptography.X509Certificates.X509Certificate2]) {
    return $Certificate.Thumbprint
  }
  try {
    $bytes = [Convert]::FromBase64String([string]$Certificate)
    $create = @{
      TypeName     = 'System.Security.Cryptography.X509Certificates.X509Certificate2'
      ArgumentList = @(, $bytes)
    }
    return (New-Object @create).Thumbprint
  } catch [System.FormatException] {
    return ''
  }
}

# What the tenant side trusts, by realm and signing certificate. Which of the two databases the settings show up in is
# not documented for a second token service: both are looked at, and one that has none is no failure.
function Test-Trust {
  Import-Module -Name 'MgmtSvcConfig' -Verbose:$false
  foreach ($database in @($storeName, 'Microsoft.MgmtSvc.PortalConfigStore')) {
    $query = @{
      Target           = 'Tenant'
      ConnectionString = (Get-ConnectionString -Database $database)
      ErrorAction      = 'Stop'
    }
    try {
      $settings = @(Get-MgmtSvcRelyingPartySettings @query)
    } catch {
      Write-Verbose ('No relying party settings in ' + $database)
      continue
    }
    foreach ($setting in $settings) {
      if ($null -eq $setting.PSObject.Properties['Realm']) {
        continue
      }
      if (([string]$setting.Realm).TrimEnd('/') -ne $Realm.TrimEnd('/')) {
        continue
      }
      $known = @($setting.Certificates | ForEach-Object { ConvertTo-Thumbprint -Certificate $_ })
      if ($known -contains $Thumbprint) {
        return $true
      }
    }
  }
  return $false
}

# When somebody last wrote to the store, as far as SQL Server remembers. Others write there too: only that nobody did
# proves anything.
function Get-LastWrite {
  param([object]$Connection)
  $text = 'SELECT CONVERT(varchar(33), MAX(last_user_update), 126) FROM sys.dm_db_index_usage_stats WHERE database_id = DB_ID(@name)'
  return [string](Invoke-Statement -Connection $Connection -Text $text -Values @{ '@name' = $storeName })
}

# The data file and the script, or why not.
function Get-Obstacle {
  param([string]$Path, [string]$DataFile)
  if (-not (Test-Path -LiteralPath $Path)) {
    return 'The staged package has no setup\scripts\Configure-TrustAzureStack.ps1.'
  }
  if (-not (Test-Path -LiteralPath $DataFile)) {
    return 'The data file is not in the folder of the package.'
  }
  $hash = @{
    LiteralPath = $DataFile
    Algorithm   = 'SHA256'
  }
  if ((Get-FileHash @hash).Hash -ne $Sha256) {
    return 'The data file in the folder of the package is not the one that was approved.'
  }
  return ''
}

# The whole database goes back to what it was, so it is saved once more first: what came since is then not lost for
# good.
function Restore-Store {
  param([object]$Connection, [string]$Backup, [string]$Safety)
  $save = 'BACKUP DATABASE [Microsoft.MgmtSvc.Store] TO DISK = @file WITH COPY_ONLY, INIT, CHECKSUM'
  $null = Invoke-Statement -Connection $Connection -Text $save -Values @{ '@file' = $Safety }
  $alone = 'ALTER DATABASE [Microsoft.MgmtSvc.Store] SET SINGLE_USER WITH ROLLBACK IMMEDIATE'
  $together = 'ALTER DATABASE [Microsoft.MgmtSvc.Store] SET MULTI_USER'
  $restore = 'RESTORE DATABASE [Microsoft.MgmtSvc.Store] FROM DISK = @file WITH REPLACE, CHECKSUM'
  $null = Invoke-Statement -Connection $Connection -Text $alone -Values @{}
  try {
    $null = Invoke-Statement -Connection $Connection -Text $restore -Values @{ '@file' = $Backup }
  } finally {
    $null = Invoke-Statement -Connection $Connection -Text $together -Values @{}
  }
}

if ($null -eq (Get-Module -ListAvailable -Name 'MgmtSvcConfig')) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no configuration cmdlets of Windows Azure Pack, so it is not a tenant API machine.'
  return $answer
}

$connection = $null
try {
  try {
    $connection = Open-Server
  } catch {
    $failure = $_.Exception.GetBaseException()
    if ($failure -isnot [System.Data.SqlClient.SqlException]) {
      throw
    }
    $answer.code = 'Unreachable'
    # 18452, 18456: the login failed. Never tried again.
    if (@(18452, 18456) -contains $failure.Number) {
      $answer.code = 'AuthFailed'
    }
    $answer.message = 'The SQL server does not open (error ' + $failure.Number + ').'
    return $answer
  }
  $isAdministrator = Invoke-Statement -Connection $connection -Text 'SELECT IS_SRVROLEMEMBER(''sysadmin'')' -Values @{}
  if ($isAdministrator -ne 1) {
    $answer.code = 'Precondition'
    $answer.message = 'The account that this step runs as is not sysadmin on the SQL server.'
    return $answer
  }
  $hasStore = Invoke-Statement -Connection $connection -Text 'SELECT COUNT(*) FROM sys.databases WHERE name = @name' -Values @{ '@name' = $storeName }
  if ($hasStore -ne 1) {
    $answer.code = 'Precondition'
    $answer.message = 'The SQL server has no database Microsoft.MgmtSvc.Store.'
    return $answer
  }
  $note = Get-TrustNote

  if (($Mode -eq 'probe') -or ($Mode -eq 'verify')) {
    $isTrusted = Test-Trust
    $answer.facts = @{ isTrusted = $isTrusted }
    # The settings may show the first token service only. Then what this machine noted of its own success counts; where
    # they showed the trust once, they decide.
    $isNoted = ($null -ne $note) -and $note.isDone -and (-not $note.isShown)
    $answer.ok = $isTrusted -or $isNoted
    if ($null -ne $note) {
      $answer.facts.backup = [string]$note.backup
    }
    if ($isNoted -and (-not $isTrusted)) {
      $answer.message = 'The script ended well here, but the settings do not show the trust: sign in to the portal to see whether it works.'
    }
    if ($answer.ok) {
      return $answer
    }
    $answer.code = $notDone
    $answer.message = 'No token service with this realm and this signing certificate is trusted.'
    return $answer
  }

  $self = New-Object -TypeName 'System.Security.Principal.WindowsPrincipal' -ArgumentList ([System.Security.Principal.WindowsIdentity]::GetCurrent())
  if (-not $self.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)) {
    $answer.code = 'Precondition'
    $answer.message = 'The account that this step runs as is not an administrator of this machine, so it cannot keep the notes that the way back needs.'
    return $answer
  }
  $stamp = [DateTime]::UtcNow.ToString('yyyyMMddHHmmss')
  if ($Mode -eq 'undo') {
    if ($null -eq $note) {
      $answer.facts = @{ isTrusted = (Test-Trust) }
      $answer.ok = -not $answer.facts.isTrusted
      if (-not $answer.ok) {
        $answer.code = 'Precondition'
        $answer.message = 'The trust is there, but this machine has no note of a backup that was made before it.'
      }
      return $answer
    }
    $answer.changed = $true
    $answer.facts = @{ backup = [string]$note.backup }
    $restore = @{
      Connection = $connection
      Backup     = [string]$note.backup
      Safety     = 'Gatehouse-Store-' + $Sha256.Substring(0, 16) + '-' + $stamp + '-undone.bak'
    }
    Restore-Store @restore
    Remove-Note -Name $noteName
    $answer.facts.isTrusted = Test-Trust
    $answer.ok = -not $answer.facts.isTrusted
    if (-not $answer.ok) {
      $answer.code = 'VerifyFailed'
      $answer.message = 'The backup is restored, and the trust is still there.'
    }
    return $answer
  }

  $dataFile = Join-Path -Path $Folder -ChildPath $FileName
  $configure = Join-Path -Path $Folder -ChildPath 'setup\scripts\Configure-TrustAzureStack.ps1'
  $obstacle = Get-Obstacle -Path $configure -DataFile $dataFile
  if ($obstacle) {
    $answer.code = 'Precondition'
    $answer.message = $obstacle
    return $answer
  }
  # The backup of an earlier try, cut off, is the true one. A bare name lands in the server's own folder for backups.
  $answer.changed = $true
  if ($null -eq $note) {
    $backup = 'Gatehouse-Store-' + $Sha256.Substring(0, 16) + '-' + $stamp + '.bak'
    $save = 'BACKUP DATABASE [Microsoft.MgmtSvc.Store] TO DISK = @file WITH COPY_ONLY, INIT, CHECKSUM'
    $null = Invoke-Statement -Connection $connection -Text $save -Values @{ '@file' = $backup }
    Set-TrustNote -Backup $backup -IsDone $false -IsShown $false
    $note = Get-TrustNote
  }
  $answer.facts = @{ backup = [string]$note.backup }
  $writtenBefore = Get-LastWrite -Connection $connection
  $result = Invoke-PackageScript -Path $configure -Arguments @('-SqlServer', $SqlServer, '-DataFile', $dataFile)
  $isTrusted = Test-Trust
  $answer.facts.isTrusted = $isTrusted
  $hasNoEffect = (-not $isTrusted) -and ($writtenBefore -eq (Get-LastWrite -Connection $connection))
  if (($result.exitCode -ne 0) -or $result.hasErrors -or $hasNoEffect) {
    $answer.code = 'ToolFailed'
    $found = ''
    if ($hasNoEffect) {
      $found = ', and nothing was written to the store'
    }
    $answer.message = 'Configure-TrustAzureStack.ps1 ended with ' + $result.exitCode + $found + '. ' + $result.remark
    return $answer
  }
  Set-TrustNote -Backup ([string]$note.backup) -IsDone $true -IsShown $isTrusted
  $answer.ok = $true
  return $answer
} finally {
  if ($null -ne $connection) {
    $connection.Dispose()
  }
}
