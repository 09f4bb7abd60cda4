# P17: the certificate as a file on the host, and in the answer: it is public.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[0-9A-F]{40}\z')]
  [string]$Thumbprint,
  [Parameter(Mandatory = $true)]
  [ValidateSet('LocalMachine', 'CurrentUser')]
  [string]$Store
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$file = Join-Path $env:SystemDrive '\CA.cer'

function Test-File {
  if (-not (Test-Path $file)) {
    return $false
  }
  try {
    $inFile = New-Object 'System.Security.Cryptography.X509Certificates.X509Certificate2' $file
    return ($inFile.Thumbprint -eq $Thumbprint)
  } catch [Security.Cryptography.CryptographicException] {
    return $false
  }
}

$isDone = Test-File
if ($Mode -eq 'undo') {
  # Another certificate under this name is somebody else's.
  if ($isDone) {
    Remove-Item $file
  }
  return [ordered]@{ ok = $true; changed = $isDone; code = ''; facts = @{}; message = '' }
}

$changed = $false
if (-not $isDone) {
  if ($Mode -ne 'apply') {
    $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
    $message = 'The file is not there, or it holds another certificate.'
    return [ordered]@{ ok = $false; changed = $false; code = $code; facts = @{}; message = $message }
  }
  $path = 'Cert:\{0}\Root\{1}' -f $Store, $Thumbprint
  if (-not (Test-Path $path)) {
    $message = 'The certificate is not in the store any more.'
    return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
  }
  $options = @{ Cert = (Get-Item $path); FilePath = $file; Type = 'CERT'; Force = $true }
  $changed = $true
  $null = Export-Certificate @options
}
$content = [Convert]::ToBase64String([IO.File]::ReadAllBytes($file))
$facts = @{ certificate = $content; file = $file }
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = $facts; message = '' }
