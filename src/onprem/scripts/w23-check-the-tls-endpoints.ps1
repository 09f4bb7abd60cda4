# W23: TLS to these endpoints, with a chain that this machine trusts. What is seen is the answer, good or bad. Reads
# only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [AllowEmptyCollection()]
  [ValidateCount(0, 50)]
  [ValidateScript({ ($_.host -match '^[A-Za-z0-9][A-Za-z0-9.-]{0,252}\z') -and ($_.port -ge 1) -and ($_.port -le 65535) })]
  [psobject[]]$Endpoints
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, endpoints

$answer.ok = $true

# The handshake lets everything through and notes what Windows would have objected to, so that the certificate can be
# told of.
function Get-Handshake {
  param([System.Net.Sockets.TcpClient]$Client, [string]$Name)
  $seen = @{
    errors      = [System.Net.Security.SslPolicyErrors]::RemoteCertificateNotAvailable
    certificate = $null
  }
  $note = {
    param($source, $certificate, $chain, $errors)
    $seen.errors = $errors
    $seen.certificate = $certificate
    return $true
  }.GetNewClosure()
  $callback = [System.Net.Security.RemoteCertificateValidationCallback]$note
  $create = @{
    TypeName     = 'System.Net.Security.SslStream'
    ArgumentList = @($Client.GetStream(), $false, $callback)
  }
  $stream = New-Object @create
  try {
    $stream.ReadTimeout = 5000
    $stream.WriteTimeout = 5000
    $stream.AuthenticateAsClient($Name, $null, [System.Security.Authentication.SslProtocols]::Tls12, $false)
    # A copy: the one that was handed over is gone with the stream.
    $copy = @{
      TypeName     = 'System.Security.Cryptography.X509Certificates.X509Certificate2'
      ArgumentList = @(, $seen.certificate.GetRawCertData())
    }
    $seen.certificate = New-Object @copy
  } finally {
    $stream.Dispose()
  }
  return $seen
}

# The graver objection wins: an expired certificate is to be renewed whoever issued it.
function Get-CertificateIssue {
  param([hashtable]$Handshake)
  $certificate = $Handshake.certificate
  if ($certificate.NotAfter.ToUniversalTime() -le [DateTime]::UtcNow) {
    return 'expired'
  }
  if ($certificate.Subject -eq $certificate.Issuer) {
    return 'selfSigned'
  }
  $errors = [int]$Handshake.errors
  $nameMismatch = [int][System.Net.Security.SslPolicyErrors]::RemoteCertificateNameMismatch
  if (($errors -band $nameMismatch) -ne 0) {
    return 'nameMismatch'
  }
  if ($errors -ne 0) {
    return 'untrusted'
  }
  return ''
}

function Get-EndpointResult {
  param([string]$Name, [int]$Port)
  $result = @{
    host      = $Name
    port      = $Port
    resolved  = (Test-NameResolution -Name $Name)
    connected = $false
    issue     = 'notResolved'
  }
  if (-not $result.resolved) {
    return $result
  }
  $client = New-Object -TypeName 'System.Net.Sockets.TcpClient'
  try {
    $attempt = $client.BeginConnect($Name, $Port, $null, $null)
    if ($attempt.AsyncWaitHandle.WaitOne(2000)) {
      $client.EndConnect($attempt)
      $result.connected = $true
      $handshake = Get-Handshake -Client $client -Name $Name
      $culture = [System.Globalization.CultureInfo]::InvariantCulture
      $result.issue = Get-CertificateIssue -Handshake $handshake
      $result.trusted = ($result.issue -eq '')
      $result.notAfter = $handshake.certificate.NotAfter.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', $culture)
    }
  } catch {
    Write-Verbose ($Name + ':' + $Port + ' ' + $_.Exception.Message)
    if ($result.connected) {
      # Something listens and speaks no TLS that Windows would accept.
      $result.issue = 'untrusted'
      $result.trusted = $false
    }
  } finally {
    $client.Close()
  }
  if (-not $result.connected) {
    $result.issue = Get-ConnectionIssue -Name $Name
  }
  return $result
}

$results = @()
foreach ($endpoint in $Endpoints) {
  $look = @{
    Name = [string]$endpoint.host
    Port = [int]$endpoint.port
  }
  $results += Get-EndpointResult @look
}
$answer.facts = @{ results = $results }
return $answer
