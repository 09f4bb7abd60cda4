# Makes a new key in your Windows store, from where nothing exports it, and a request for a certificate with it: for a renewal. Send the
# .csr to whoever gave you this kit; install.ps1 of the new kit finds the key by itself, for this account on this machine.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$settings = @{}

$file = Join-Path $PSScriptRoot $settings.CertificateName
$certificate = New-Object 'System.Security.Cryptography.X509Certificates.X509Certificate2' $file
# A line break in it would begin another line of the order.
if ($certificate.Subject -match '[\x00-\x1f\x7f\u0085\u2028\u2029]') {
  throw 'The subject of your certificate has characters that no request can take over. Have a new one made.'
}
# In such a file a quote is written twice, and so is a percent sign.
$subject = $certificate.Subject.Replace('"', '""').Replace('%', '%%')
$lines = @(
  '[Version]'
  'Signature = "$Windows NT$"'
  '[NewRequest]'
  ('Subject = "' + $subject + '"')
  'KeyAlgorithm = RSA'
  'KeyLength = 2048'
  'HashAlgorithm = sha256'
  'Exportable = FALSE'
  'MachineKeySet = FALSE'
  'ProviderName = "Microsoft Software Key Storage Provider"'
  'RequestType = PKCS10'
  'KeyUsage = 0xA0'
  '[EnhancedKeyUsageExtension]'
  'OID = 1.3.6.1.5.5.7.3.2'
)
$order = Join-Path $PSScriptRoot 'request.inf'
$request = Join-Path $PSScriptRoot $settings.RequestName
# Names may have letters of any language.
[System.IO.File]::WriteAllText($order, ($lines -join "`r`n"), [System.Text.Encoding]::Unicode)
certreq.exe -new -q -f $order $request | Out-Null
if ($LASTEXITCODE -ne 0) {
  throw ('certreq made no request: it ended with {0}.' -f $LASTEXITCODE)
}
Write-Host ('The request is in ' + $settings.RequestName + '. The key stays in your Windows store.')
