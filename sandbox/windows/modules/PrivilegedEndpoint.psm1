# The privileged endpoint of Azure Stack, its commands as jobs, and the share that its files appear in.

# CredSSP is judged on this side, before a password leaves the machine; then the way there, then the account.
function Open-PrivilegedEndpoint {
  param([string]$ComputerName, [pscredential]$Credential, [string]$Authentication)
  $endpoint = $global:World.connector.privilegedEndpoint
  $mayDelegate = -not $endpoint.isCredSspRefusedByPolicy -and @($global:Machine.winRm.credSspDelegates) -contains $ComputerName
  if ($Authentication -eq 'Credssp' -and -not $mayDelegate) {
    Stop-Opening -2144108124 'A computer policy does not allow the delegation of the user credentials to the target computer.'
  }
  $target = @(Find-Machine $ComputerName | Where-Object { $_.role -eq 'ercs' })[0]
  if ($null -eq $target -or -not (Test-Way $target $target.nics 0)) {
    Stop-Opening -2144108526 'WinRM cannot complete the operation.'
  }
  $fault = Test-DomainSignIn $Credential
  if ($fault -ne 0) {
    Stop-Opening $fault 'The user name or password is incorrect.'
  }
  if (@($endpoint.operators) -notcontains (Find-DomainAccount $global:World.domains $Credential.UserName).qualified) {
    Stop-Opening 5 'Access is denied.'
  }
  return [pscustomobject]@{ machine = $target.id; isEndpoint = $true }
}

# A pipeline of exposed commands; values of the caller come in by `$using:`.
function Invoke-EndpointCommand {
  param([scriptblock]$Block, [object]$Caller)
  $text = $Block.ToString().Trim()
  if ($text -eq 'Get-Command') {
    $names = @('Get-Command', 'Get-AzureStackLog', 'Close-PrivilegedEndpoint')
    if ($global:World.connector.privilegedEndpoint.hasAzurePackCommand) {
      $names += 'Add-AzurePackConnector'
    }
    return @($names | ForEach-Object { [pscustomobject]@{ Name = $_ } })
  }
  if ($text -eq 'Add-AzurePackConnector -DisableMultiCloud') {
    return New-EndpointJob { Disable-MultiCloud }
  }
  if ($text -eq 'Add-AzurePackConnector -AzurePackClouds $using:azurePackClouds -AzureStackCloudName $using:AzureStackCloudName') {
    $clouds = @($Caller.PSVariable.GetValue('azurePackClouds') | ForEach-Object { @{ name = $_.CloudName; endpoint = $_.CloudEndpoint } })
    $name = $Caller.PSVariable.GetValue('AzureStackCloudName')
    return New-EndpointJob { Enable-MultiCloud $clouds $name }.GetNewClosure()
  }
  throw 'The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode.'
}

# A job that has ended when it is looked at; the cmdlet's own lingering is nobody's to wait for.
function New-EndpointJob {
  param([scriptblock]$Work)
  $state = [pscustomobject]@{ State = 'Completed'; Reason = $null }
  $lines = @()
  if ($global:World.connector.privilegedEndpoint.hasAzurePackCommand) {
    $lines = @(& $Work)
  } else {
    $state.State = 'Failed'
    $state.Reason = [System.Management.Automation.RemoteException]::new("The term 'Add-AzurePackConnector' is not recognized.")
  }
  $child = [pscustomobject]@{ Verbose = $lines; Output = @(); Warning = @(); Error = @(); JobStateInfo = $state }
  return [pscustomobject]@{ ChildJobs = @($child) }
}

function Wait-Job {
  [CmdletBinding()]
  param([object]$Job, [int]$Timeout)
}

function Stop-Job {
  [CmdletBinding()]
  param([object]$Job)
}

function Remove-Job {
  [CmdletBinding()]
  param([object]$Job, [switch]$Force)
}

function Disable-MultiCloud {
  $multiCloud = $global:World.connector.multiCloud
  $multiCloud.isOn = $false
  $multiCloud.clouds = @()
  $multiCloud.Remove('azureStackCloudName')
  $multiCloud.Remove('pending')
  $multiCloud.disableCount += 1
  $multiCloud.lastRunEndedMs = 1
}

# Which words come, and what of it is done, is for the world to say: one transcript for each run to come.
function Enable-MultiCloud {
  param([object[]]$Clouds, [string]$Name)
  $connector = $global:World.connector
  $endpoint = $connector.privilegedEndpoint
  $variant = 'success'
  if (@($endpoint.nextTranscripts).Count -gt 0) {
    $variant = @($endpoint.nextTranscripts)[0]
    $endpoint.nextTranscripts = @(@($endpoint.nextTranscripts) | Select-Object -Skip 1)
  }
  $connector.multiCloud.lastRunEndedMs = 1
  if ($variant -eq 'success' -or $variant -eq 'unknownWords') {
    $connector.multiCloud.isOn = $true
    $connector.multiCloud.azureStackCloudName = $Name
    $connector.multiCloud.clouds = $Clouds
    $connector.multiCloud.addCount += 1
    foreach ($cloud in $Clouds) {
      Write-DataFile $cloud.endpoint
    }
  }
  if ($variant -eq 'brokenBeforeSuccess') {
    $due = [DateTimeOffset]::UtcNow.AddMinutes(4).ToUnixTimeMilliseconds()
    $connector.multiCloud.pending = @{ dueMs = $due; azureStackCloudName = $Name; clouds = $Clouds }
  }
  foreach ($status in @('InProgress', 'InProgress')) {
    "VERBOSE: Step 'Configure Azure Pack Connector' status: '$status'"
  }
  switch ($variant) {
    'success' { "VERBOSE: Step 'Configure Azure Pack Connector' status: 'Success'" }
    'error' { "VERBOSE: Step 'Configure Azure Pack Connector' status: 'Error'" }
    'unknownWords' {
      "VERBOSE: Step 'Configure Azure Pack Connector' status: 'Quiescing'"
      "VERBOSE: Step 'Update the portal' status: 'Success'"
      "Step 'Configure Azure Pack Connector' is nearly a Success"
      "VERBOSE: Step 'Configure Azure Pack Connector' status: 'Success'"
    }
  }
}

function Write-DataFile {
  param([string]$Endpoint)
  $connector = $global:World.connector
  $stack = $connector.azureStack
  $lines = @(
    '{'
    '  "AzurePackConnectorEndpoint": "' + $Endpoint + '",'
    '  "AuthenticationIdentityProviderPartner": {'
    '    "Realm": "' + $stack.realm + '",'
    '    "Certificate": "' + $stack.signingCertificate + '"'
    '  }'
    '}'
  )
  $file = @{
    name = 'AzurePack-' + [DateTime]::UtcNow.ToString('MM-dd-HH-mm') + '-' + @($connector.outputFiles).Count + '.txt'
    text = $lines -join "`r`n"
    isUtf16 = $false
    writtenAt = [DateTime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ss.fffZ')
  }
  $connector.outputFiles = @($connector.outputFiles) + $file
}

# The share asks for somebody of the domain. Its files are written out when it is opened.
function New-PSDrive {
  [CmdletBinding()]
  param([string]$Name, [string]$PSProvider, [string]$Root, [pscredential]$Credential)
  if ($Root -ne $global:World.connector.privilegedEndpoint.outputShare) {
    throw [System.ComponentModel.Win32Exception]::new(53, 'The network path was not found.')
  }
  $fault = Test-DomainSignIn $Credential
  if ($fault -ne 0) {
    throw [System.ComponentModel.Win32Exception]::new($fault, 'The user name or password is incorrect.')
  }
  $folder = $global:WorldRoot + '/share'
  $null = Microsoft.PowerShell.Management\New-Item -ItemType 'Directory' -Path $folder -Force
  foreach ($file in @($global:World.connector.outputFiles)) {
    $encoding = if ($file.isUtf16) { [System.Text.Encoding]::Unicode } else { [System.Text.UTF8Encoding]::new($false) }
    $bytes = [byte[]](@($encoding.GetPreamble()) + @($encoding.GetBytes($file.text)))
    $path = $folder + '/' + $file.name
    Microsoft.PowerShell.Management\Set-Content -LiteralPath $path -Value $bytes -AsByteStream
    (Microsoft.PowerShell.Management\Get-Item -LiteralPath $path).LastWriteTimeUtc = [DateTimeOffset]::Parse($file.writtenAt).UtcDateTime
  }
  return Microsoft.PowerShell.Management\New-PSDrive -Name $Name -PSProvider 'FileSystem' -Root $folder -Scope 'Global'
}

function Remove-PSDrive {
  [CmdletBinding()]
  param([string]$Name, [switch]$Force)
  Microsoft.PowerShell.Management\Remove-PSDrive -Name $Name -ErrorAction 'Ignore'
}
