# P7: the key that all clients share. It counts after the service starts again, and it cannot be read back.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [bool]$KeyIsCurrent,
  [Parameter(Mandatory = $true)]
  [securestring]$SharedKey
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# The cmdlet takes plain text; it lives no longer than the call.
function Set-Key {
  param([securestring]$Key)
  $options = @{ TunnelAuthProtocolsAdvertised = 'PreSharedKey'; WarningAction = 'SilentlyContinue' }
  try {
    $options['SharedSecret'] = (New-Object 'System.Net.NetworkCredential' @('', $Key)).Password
    Set-VpnAuthProtocol @options
  } finally {
    $options.Clear()
  }
}

function New-UnknownKey {
  $bytes = New-Object 'byte[]' 48
  $generator = [Security.Cryptography.RandomNumberGenerator]::Create()
  try {
    $generator.GetBytes($bytes)
  } finally {
    $generator.Dispose()
  }
  $key = New-Object 'System.Security.SecureString'
  foreach ($character in [Convert]::ToBase64String($bytes).ToCharArray()) {
    $key.AppendChar($character)
  }
  return $key
}

$isShared = [string](Get-VpnAuthProtocol).TunnelAuthProtocolsAdvertised -eq 'PreSharedKey'

if ($Mode -eq 'undo') {
  if (-not $isShared) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  # Certificates want one that this machine may not have: a key that nobody knows keeps everybody out as well.
  $changed = $true
  Set-Key (New-UnknownKey)
  $message = 'The shared key is replaced by one that nobody knows.'
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = $message }
}
if ($Mode -eq 'apply') {
  $changed = $true
  Set-Key $SharedKey
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
}
if ($Mode -eq 'verify') {
  if ($isShared) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $message = 'The tunnels do not ask for a shared key.'
  return [ordered]@{ ok = $false; changed = $false; code = 'VerifyFailed'; facts = @{}; message = $message }
}
if ($isShared -and $KeyIsCurrent) {
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
}
return [ordered]@{ ok = $false; changed = $false; code = 'NotDone'; facts = @{}; message = '' }
