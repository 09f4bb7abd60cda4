# W13 and W14: multi-cloud mode in Azure Stack, through the privileged endpoint.
# The cmdlet lingers for minutes after its work is done: the attested Success line ends the wait, not the cmdlet.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9][A-Za-z0-9.-]{0,252}\z')]
  [string]$ComputerName,
  [Parameter(Mandatory = $true)]
  [ValidateSet('Credssp', 'Default')]
  [string]$Authentication,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9_-]{1,64}\z')]
  [string]$AzureStackCloudName,
  [Parameter(Mandatory = $true)]
  [ValidateCount(1, 50)]
  [ValidateScript({ ($_.name -match '^[A-Za-z0-9_-]{1,64}\z') -and ($_.endpoint -match '^https://[^\s''"`$;]+\z') })]
  [psobject[]]$Clouds,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^\\\\[A-Za-z0-9.-]+(\\[A-Za-z0-9._$-]+)+\z')]
  [string]$Share,
  [ValidatePattern('^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z\z')]
  [string]$Since,
  [Parameter(Mandatory = $true)]
  [pscredential]$Credential,
  [Parameter(Mandatory = $true)]
  [pscredential]$ShareCredential
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, logon-failures, privileged-endpoint, data-share

function Get-MissingCloud {
  $drive = @{
    Name       = 'GatehouseShare'
    PSProvider = 'FileSystem'
    Root       = $Share
    Credential = $ShareCredential
  }
  $null = New-PSDrive @drive
  try {
    $notBefore = [DateTime]::MinValue
    if ($Since) {
      $styles = [System.Globalization.DateTimeStyles]::RoundtripKind
      $culture = [System.Globalization.CultureInfo]::InvariantCulture
      $notBefore = [DateTime]::Parse($Since, $culture, $styles).ToUniversalTime()
    }
    $list = @{
      LiteralPath = 'GatehouseShare:\'
      Filter      = '*.txt'
      File        = $true
    }
    $texts = @()
    foreach ($file in @(Get-ChildItem @list)) {
      if ($file.LastWriteTimeUtc -lt $notBefore) {
        continue
      }
      # A data file has a few kilobytes: anything else by this name is not one.
      if ($file.Length -gt 1048576) {
        continue
      }
      # JSON may write its slashes escaped.
      $texts += [System.IO.File]::ReadAllText($file.FullName).Replace('\/', '/')
    }
    $missing = @()
    foreach ($cloud in $Clouds) {
      $address = ([string]$cloud.endpoint).TrimEnd('/')
      # The port must end there: 4000 is not 40005.
      $pattern = '(?i)' + [regex]::Escape($address) + '(?![0-9A-Za-z.-])'
      $naming = @($texts | Where-Object { $_ -match $pattern })
      if ($naming.Count -eq 0) {
        $missing += [string]$cloud.name
      }
    }
    return $missing
  } finally {
    $remove = @{
      Name        = 'GatehouseShare'
      Force       = $true
      ErrorAction = 'SilentlyContinue'
    }
    Remove-PSDrive @remove
  }
}

# Reads what came since the last look. Streams are collections that grow while the job runs.
function Read-Stream {
  param([object]$Stream, [int]$From)
  $lines = @()
  for ($index = $From; $index -lt $Stream.Count; $index++) {
    $lines += [string]$Stream[$index]
  }
  return $lines
}

# Follows the cmdlet's words until they decide. Returns the code and the last lines.
function Watch-Connector {
  param([object]$Job, [bool]$IsEndEnough)
  $child = $Job.ChildJobs[0]
  $streams = @($child.Verbose, $child.Output, $child.Warning)
  $read = @(0, 0, 0)
  $tail = @()
  # Less than the step's own limit, so that the endpoint is left in order.
  $deadline = (Get-Date).AddSeconds(3300)
  while ($true) {
    # The state first, the words after it: what was said before the end is not missed.
    $state = [string]$child.JobStateInfo.State
    for ($at = 0; $at -lt $streams.Count; $at++) {
      $lines = @(Read-Stream -Stream $streams[$at] -From $read[$at])
      $read[$at] += $lines.Count
      foreach ($line in $lines) {
        Write-Verbose $line
        $short = $line.Substring(0, [Math]::Min(160, $line.Length))
        $tail = @(@($tail) + $short | Select-Object -Last 10)
        $words = [regex]::Match($line, '(?i)Step\s+''([^'']+)''\s+status:\s+''([^'']+)''')
        if (-not $words.Success) {
          continue
        }
        $step = $words.Groups[1].Value
        $status = $words.Groups[2].Value
        if (($status -eq 'Success') -and ($step -eq 'Configure Azure Pack Connector')) {
          return @{ code = ''; tail = $tail; message = '' }
        }
        if (@('Error', 'Failed', 'Canceled') -contains $status) {
          $message = 'The endpoint reports that step "' + $step + '" ended as "' + $status + '".'
          return @{ code = 'ToolFailed'; tail = $tail; message = $message }
        }
      }
    }
    if (@('Completed', 'Failed', 'Stopped', 'Disconnected', 'Suspended') -contains $state) {
      $errors = @(Read-Stream -Stream $child.Error -From 0)
      foreach ($line in $errors) {
        $short = $line.Substring(0, [Math]::Min(160, $line.Length))
        $tail = @(@($tail) + $short | Select-Object -Last 10)
      }
      $reason = $child.JobStateInfo.Reason
      if ($reason -is [System.Management.Automation.RemoteException]) {
        return @{ code = 'ToolFailed'; tail = $tail; message = 'The cmdlet failed: ' + $reason.Message }
      }
      if ($errors.Count -gt 0) {
        return @{ code = 'ToolFailed'; tail = $tail; message = 'The cmdlet reported errors and no success.' }
      }
      if ($IsEndEnough -and ($state -eq 'Completed')) {
        return @{ code = ''; tail = $tail; message = '' }
      }
      $message = 'The session ended (' + $state + ') before the endpoint reported success: the data files will show whether it worked.'
      return @{ code = 'TimedOut'; tail = $tail; message = $message }
    }
    if ((Get-Date) -ge $deadline) {
      $message = 'The endpoint reported no success within 55 minutes: the data files will show whether it worked.'
      return @{ code = 'TimedOut'; tail = $tail; message = $message }
    }
    $wait = @{
      Job     = $Job
      Timeout = 5
    }
    $null = Wait-Job @wait
  }
}

if (($Mode -eq 'probe') -or ($Mode -eq 'verify')) {
  try {
    $missing = @(Get-MissingCloud)
  } catch [System.ComponentModel.Win32Exception] {
    $problem = Get-ShareProblem -Failure $_.Exception
    $answer.code = $problem.code
    $answer.message = $problem.message
    return $answer
  }
  $answer.facts = @{ missing = $missing }
  $answer.ok = ($missing.Count -eq 0)
  if ($answer.ok) {
    return $answer
  }
  $answer.code = $notDone
  $answer.message = 'No data file names these clouds: ' + ($missing -join ', ')
  return $answer
}

# Everything is prepared out here: the endpoint runs exposed cmdlets and no language.
$azurePackClouds = @()
foreach ($cloud in $Clouds) {
  $azurePackClouds += @{
    CloudName     = [string]$cloud.name
    CloudEndpoint = [string]$cloud.endpoint
  }
}

$connection = @{
  ComputerName   = $ComputerName
  Credential     = $Credential
  Authentication = $Authentication
}
$session = $null
$job = $null
try {
  try {
    $session = Open-Endpoint -Connection $connection -TimeoutMs 60000
  } catch [System.Management.Automation.Remoting.PSRemotingTransportException] {
    $problem = Get-EndpointProblem -Failure $_.Exception -Authentication $Authentication
    $answer.code = $problem.code
    $answer.message = $problem.message
    return $answer
  }
  $command = @{
    Session = $session
    AsJob   = $true
  }
  if ($Mode -eq 'undo') {
    $command.ScriptBlock = { Add-AzurePackConnector -DisableMultiCloud }
  } else {
    $command.ScriptBlock = { Add-AzurePackConnector -AzurePackClouds $using:azurePackClouds -AzureStackCloudName $using:AzureStackCloudName }
  }
  $job = Invoke-Command @command
  $answer.changed = $true
  $watch = @{
    Job         = $job
    IsEndEnough = ($Mode -eq 'undo')
  }
  $result = Watch-Connector @watch
  $answer.code = $result.code
  $answer.message = $result.message
  $answer.ok = ($result.code -eq '')
  $answer.facts = @{ statusLines = @($result.tail) }
  return $answer
} finally {
  if ($null -ne $job) {
    $stop = @{
      Job         = $job
      ErrorAction = 'SilentlyContinue'
    }
    Stop-Job @stop
    $forget = @{
      Job         = $job
      Force       = $true
      ErrorAction = 'SilentlyContinue'
    }
    Remove-Job @forget
  }
  Close-Endpoint -Session $session
}
