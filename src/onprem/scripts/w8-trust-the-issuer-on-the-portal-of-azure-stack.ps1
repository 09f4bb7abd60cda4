# W8: the machine of Azure Stack's portal trusts who issued the connector's certificate. Undo takes away only what apply
# added.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[0-9A-Fa-f]{40}\z')]
  [string]$Thumbprint,
  [Parameter(Mandatory = $true)]
  [ValidateSet('CA', 'Root')]
  [string]$Store,
  [Parameter(Mandatory = $true)]
  [ValidateLength(1, 8192)]
  [ValidatePattern('^[A-Za-z0-9+/]+={0,2}\z')]
  [string]$Certificate
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, notes, native

$noteName = 'W8-' + $Store + '-' + $Thumbprint
$path = 'Cert:\LocalMachine\' + $Store + '\' + $Thumbprint

# Says things on its error stream that are no errors: its exit code and the store afterwards count.
function Invoke-Certutil {
  param([scriptblock]$Command)
  $result = Invoke-Native $Command
  Write-Verbose $result.text
  return $result.exitCode
}

$isThere = Test-Path -LiteralPath $path
if (($Mode -eq 'probe') -or ($Mode -eq 'verify')) {
  $answer.ok = $isThere
  if (-not $isThere) {
    $answer.code = $notDone
    $answer.message = 'The certificate is not in the store ' + $Store + '.'
  }
  return $answer
}

if ($Mode -eq 'undo') {
  $answer.ok = $true
  if ($null -eq (Get-Note -Name $noteName)) {
    $answer.message = 'This procedure added no such certificate here.'
    return $answer
  }
  if ($isThere) {
    $exitCode = Invoke-Certutil { certutil.exe '-delstore' $Store $Thumbprint }
    $answer.changed = $true
    if (($exitCode -ne 0) -or (Test-Path -LiteralPath $path)) {
      $answer.ok = $false
      $answer.code = 'ToolFailed'
      $answer.message = 'certutil -delstore ended with ' + $exitCode + '.'
      return $answer
    }
  }
  Remove-Note -Name $noteName
  return $answer
}

if ($isThere) {
  $answer.ok = $true
  return $answer
}
$bytes = [Convert]::FromBase64String($Certificate)
$create = @{
  TypeName     = 'System.Security.Cryptography.X509Certificates.X509Certificate2'
  ArgumentList = @(, $bytes)
}
if ((New-Object @create).Thumbprint -ne $Thumbprint) {
  $answer.code = 'Precondition'
  $answer.message = 'The certificate that was sent has another thumbprint than the one that was named.'
  return $answer
}
$file = Join-Path -Path ([System.IO.Path]::GetTempPath()) -ChildPath ([Guid]::NewGuid().ToString() + '.cer')
try {
  [System.IO.File]::WriteAllBytes($file, $bytes)
  # Noted first: cut off in between, undo still knows.
  Set-Note -Name $noteName -Note @{ added = $true }
  $exitCode = Invoke-Certutil { certutil.exe '-addstore' $Store $file }
  $answer.changed = $true
} finally {
  $remove = @{
    LiteralPath = $file
    Force       = $true
    ErrorAction = 'SilentlyContinue'
  }
  Remove-Item @remove
}
$answer.ok = ($exitCode -eq 0) -and (Test-Path -LiteralPath $path)
if (-not $answer.ok) {
  $answer.code = 'ToolFailed'
  $answer.message = 'certutil -addstore ended with ' + $exitCode + '.'
}
return $answer
