# Runs one step: reads what is asked, resolves the secrets here, calls the step on this machine or on the one behind it,
# and writes the answer as the last line. Nothing of a request is ever part of this text: all of it comes in through one
# parameter.
param(
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z0-9_-]+$')]
  [string]$Invocation
)
# The step's own script takes the place of these two lines.
$StepId = 'none'
$Step = { throw 'There is no step here.' }
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# A progress bar would reach the error stream as markup.
$ProgressPreference = 'SilentlyContinue'
$VerbosePreference = 'Continue'

function ConvertFrom-Base64Url {
  param([string]$Text)
  $base64 = $Text.Replace('-', '+').Replace('_', '/')
  $padded = $base64.PadRight([int]([Math]::Ceiling($base64.Length / 4) * 4), [char]'=')
  return [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($padded))
}

function ConvertTo-Secure {
  param([string]$Text)
  $secure = New-Object 'System.Security.SecureString'
  foreach ($character in $Text.ToCharArray()) {
    $secure.AppendChar($character)
  }
  $secure.MakeReadOnly()
  return $secure
}

function ConvertTo-Credential {
  param([string]$UserName, [securestring]$Password)
  return New-Object 'System.Management.Automation.PSCredential' @($UserName, $Password)
}

# What the connection left beside this script: it is gone from the disk before the step begins.
function Read-SecretFile {
  $security = @{ AssemblyName = 'System.Security' }
  Add-Type @security
  $path = Join-Path $PSScriptRoot 'secrets.bin'
  try {
    $sealed = [IO.File]::ReadAllBytes($path)
    $scope = [Security.Cryptography.DataProtectionScope]::LocalMachine
    $clear = [Security.Cryptography.ProtectedData]::Unprotect($sealed, $null, $scope)
    return ConvertFrom-Json ([Text.Encoding]::UTF8.GetString($clear))
  } finally {
    [IO.File]::Delete($path)
  }
}

# The agent of Azure Arc proves by a file that only administrators can read that it talks to one.
function Get-ArcToken {
  param([string]$Resource)
  $endpoint = [Environment]::GetEnvironmentVariable('IDENTITY_ENDPOINT', 'Machine')
  if (-not $endpoint) {
    $endpoint = 'http://127.0.0.1:40342/metadata/identity/oauth2/token'
  }
  $uri = '{0}?api-version=2020-06-01&resource={1}' -f $endpoint, [Uri]::EscapeDataString($Resource)
  $challenge = ''
  try {
    $first = @{ Uri = $uri; Headers = @{ Metadata = 'true' }; UseBasicParsing = $true; TimeoutSec = 30 }
    $null = Invoke-WebRequest @first
  } catch [Net.WebException] {
    if ($null -eq $_.Exception.Response) {
      throw
    }
    $challenge = [string]$_.Exception.Response.Headers['WWW-Authenticate']
  }
  $keyFile = ($challenge -replace '^Basic realm=', '').Trim('"')
  $folder = Join-Path $env:ProgramData 'AzureConnectedMachineAgent\Tokens'
  if ([IO.Path]::GetDirectoryName($keyFile) -ne $folder -or [IO.Path]::GetExtension($keyFile) -ne '.key') {
    throw 'The Azure Arc agent did not answer with a challenge.'
  }
  $proof = 'Basic {0}' -f [IO.File]::ReadAllText($keyFile)
  $second = @{ Uri = $uri; Headers = @{ Metadata = 'true'; Authorization = $proof }; TimeoutSec = 30 }
  return (Invoke-RestMethod @second).access_token
}

function Read-VaultSecret {
  param([string]$VaultUrl, [string]$Name)
  [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
  $vault = [Uri]$VaultUrl
  $resource = 'https://{0}' -f $vault.Host.Substring($vault.Host.IndexOf('.') + 1)
  $bearer = 'Bearer {0}' -f (Get-ArcToken $resource)
  $uri = '{0}/secrets/{1}?api-version=7.4' -f $VaultUrl.TrimEnd('/'), $Name
  $request = @{ Uri = $uri; Headers = @{ Authorization = $bearer }; TimeoutSec = 60 }
  for ($attempt = 1; $true; $attempt++) {
    try {
      return (Invoke-RestMethod @request).value
    } catch [Net.WebException] {
      # Key Vault throttles whoever asks, whatever others asked before: the same question a little later is answered.
      $status = 0
      if ($null -ne $_.Exception.Response) {
        $status = [int]$_.Exception.Response.StatusCode
      }
      if ($attempt -ge 5 -or @(429, 500, 503) -notcontains $status) {
        throw
      }
    }
    $pause = @{ Seconds = 2 * $attempt }
    Start-Sleep @pause
  }
}

function Read-PromptedSecret {
  param([string]$Name, [string]$Kind)
  if ($Kind -eq 'credential') {
    $userName = Read-Host ('User name in Key Vault secret {0}' -f $Name)
    $asked = @{ Prompt = ('Password in Key Vault secret {0}' -f $Name); AsSecureString = $true }
    return ConvertTo-Credential $userName (Read-Host @asked)
  }
  $asked = @{ Prompt = ('Key Vault secret {0}' -f $Name); AsSecureString = $true }
  return Read-Host @asked
}

function Resolve-Secret {
  param([string]$Parameter, [psobject]$Reference, [string]$Source, [psobject]$File)
  if ($Source -eq 'prompt') {
    return Read-PromptedSecret $Reference.name $Reference.kind
  }
  if ($Source -eq 'file') {
    $value = $File.$Parameter
  } else {
    $value = Read-VaultSecret $Reference.vaultUrl $Reference.name
  }
  if ($Reference.kind -ne 'credential') {
    return ConvertTo-Secure $value
  }
  if ($value -is [string]) {
    $value = ConvertFrom-Json $value
  }
  return ConvertTo-Credential $value.username (ConvertTo-Secure $value.password)
}

# Messages of Windows repeat what they were given.
function Hide-Secret {
  param([string]$Text, [object[]]$Secrets)
  $hidden = $Text
  foreach ($secret in $Secrets) {
    if ($secret -is [securestring]) {
      $clear = (New-Object 'System.Net.NetworkCredential' @('', $secret)).Password
    } else {
      $clear = $secret.GetNetworkCredential().Password
    }
    if ($clear) {
      $hidden = $hidden.Replace($clear, '[secret]')
    }
  }
  return $hidden.Substring(0, [Math]::Min($hidden.Length, 1500))
}

# What a step threw, and whether it had changed something by then: it says so in its answer, or in $changed, before it
# begins. The same text runs here and on the machine behind this one.
$RunStep = {
  # Names that no step has: it runs in this scope.
  param([string]$StepText, [hashtable]$StepArguments)
  $ProgressPreference = 'SilentlyContinue'
  $VerbosePreference = 'Continue'
  $answer = @{ changed = $false }
  $changed = $false
  try {
    . ([scriptblock]::Create($StepText)) @StepArguments
  } catch {
    $thrown = @{ Type = $_.Exception.GetType().Name; Id = $_.FullyQualifiedErrorId; Number = 0 }
    if ($_.Exception -is [Management.Automation.Remoting.PSRemotingTransportException]) {
      $thrown.Number = $_.Exception.ErrorCode
    }
    @{ ok = $false; changed = ($changed -or $answer['changed']); code = ''; facts = @{}; message = $_.Exception.Message; thrown = $thrown }
  }
}

# 5: access denied; 1326: wrong name or password; 1327 to 1331: the account may not log on; 1907, 1909: expired, locked.
function Get-FaultCode {
  param([string]$Type, [string]$Id, [int]$Number)
  if (@('UnauthorizedAccessException', 'PrivilegeNotHeldException', 'SecurityException') -contains $Type) {
    return 'AuthFailed'
  }
  if ($Type -eq 'PSRemotingTransportException') {
    $refusals = @(5, 1326, 1327, 1328, 1329, 1330, 1331, 1907, 1909)
    if ($refusals -contains ($Number -band 65535)) {
      return 'AuthFailed'
    }
    return 'Unreachable'
  }
  # Names of the faults do not change with the language of Windows, their texts do. 104: no administrator.
  if ($Id -match 'AccessDenied|UnauthorizedAccess|REMOTEACCESSERROR 104|0x80070005|0x8007052e') {
    return 'AuthFailed'
  }
  return 'ToolFailed'
}

# A step's code and arguments travel to the machine behind this one inside the encrypted session.
function Invoke-StepThrough {
  param([string]$ComputerName, [pscredential]$Credential, [hashtable]$Arguments)
  $opening = @{ ComputerName = $ComputerName; Credential = $Credential }
  $session = New-PSSession @opening
  try {
    $call = @{ Session = $session; ScriptBlock = $RunStep; ArgumentList = @($Step.ToString(), $Arguments) }
    return Invoke-Command @call
  } finally {
    Remove-PSSession $session
  }
}

$answer = [ordered]@{ v = 1; step = $StepId; mode = ''; changed = $false; ok = $false; code = 'ToolFailed'; facts = @{} }
$secrets = @()
try {
  $asked = ConvertFrom-Json (ConvertFrom-Base64Url $Invocation)
  $answer['mode'] = [string]$asked.mode
  if ($asked.v -ne 1 -or $asked.step -ne $StepId) {
    throw 'This script belongs to another step than the one that is asked for.'
  }
  $file = $null
  if ($asked.source -eq 'file') {
    $file = Read-SecretFile
  }
  $arguments = @{ Mode = [string]$asked.mode }
  foreach ($parameter in $asked.parameters.PSObject.Properties) {
    $arguments[$parameter.Name] = $parameter.Value
  }
  foreach ($reference in $asked.secrets.PSObject.Properties) {
    $secret = Resolve-Secret $reference.Name $reference.Value $asked.source $file
    $secrets += $secret
    $arguments[$reference.Name] = $secret
  }
  if ($asked.PSObject.Properties['via']) {
    $credential = Resolve-Secret 'viaCredential' $asked.via.credential $asked.source $file
    $secrets += $credential
    $returned = Invoke-StepThrough $asked.via.computerName $credential $arguments
  } else {
    $returned = & $RunStep $Step.ToString() $arguments
  }
  # Commands of the step may have written objects of their own before its answer.
  $result = @($returned)[-1]
  foreach ($name in @('ok', 'changed', 'code', 'facts')) {
    $answer[$name] = $result[$name]
  }
  if ($result['thrown']) {
    $thrown = @{ Type = $result.thrown.Type; Id = $result.thrown.Id; Number = $result.thrown.Number }
    $answer['code'] = Get-FaultCode @thrown
  }
  if ($result['message']) {
    $answer['message'] = Hide-Secret ([string]$result['message']) $secrets
  }
} catch {
  $thrown = @{ Type = $_.Exception.GetType().Name; Id = $_.FullyQualifiedErrorId; Number = 0 }
  if ($_.Exception -is [Management.Automation.Remoting.PSRemotingTransportException]) {
    $thrown.Number = $_.Exception.ErrorCode
  }
  $answer['code'] = Get-FaultCode @thrown
  $answer['message'] = Hide-Secret $_.Exception.Message $secrets
}

$json = @{ Depth = 8; Compress = $true; InputObject = $answer }
$line = ConvertTo-Json @json
$escape = { param($Found) '\u{0:x4}' -f [int][char]$Found.Value }
# ASCII, whatever the code page; straight to the console, because the formatter may break long lines.
[Console]::Out.WriteLine([regex]::Replace($line, '[^\x20-\x7E]', [Text.RegularExpressions.MatchEvaluator]$escape))
if ($answer['code'] -eq 'RebootRequired') {
  exit 3010
}
if ($answer['code'] -eq 'Busy') {
  exit 1618
}
if ($answer['ok']) {
  exit 0
}
exit 1
