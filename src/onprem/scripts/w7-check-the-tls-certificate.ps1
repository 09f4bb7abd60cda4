# W7: the certificate of the tenant portal's binding, or a given one, will do for the connector: issued by an authority,
# in date, for this name, with its key, with a chain that builds. Everything wrong is told at once. Reads only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^(?=.{4,253}\z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\z')]
  [string]$TenantPortalFqdn,
  [ValidatePattern('^[0-9A-Fa-f]{40}\z')]
  [string]$Thumbprint
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, web-sites

$answer.code = 'Precondition'

function Get-PortalThumbprint {
  Import-Module -Name 'WebAdministration' -Verbose:$false
  $query = @{
    Name     = 'MgmtSvc-TenantSite'
    Protocol = 'https'
  }
  $hashes = @(Get-WebBinding @query | ForEach-Object { [string]$_.certificateHash } | Where-Object { $_ } | Sort-Object -Unique)
  if ($hashes.Count -eq 1) {
    return $hashes[0]
  }
  return ''
}

# RFC 6125, section 6.4.3: a wildcard stands for the whole leftmost label and for nothing else.
function Test-DnsName {
  param([string]$Pattern, [string]$Name)
  if ($Pattern -eq $Name) {
    return $true
  }
  if (-not $Pattern.StartsWith('*.')) {
    return $false
  }
  $rest = $Name.Substring($Name.IndexOf('.'))
  return ($rest -eq $Pattern.Substring(1))
}

function Get-Complaint {
  param([object]$Certificate, [object]$Chain, [bool]$IsBuilt)
  if (-not $Certificate.HasPrivateKey) {
    'Its private key is not on this machine.'
  }
  if ($Certificate.Subject -eq $Certificate.Issuer) {
    'It is self-signed.'
  }
  $now = [DateTime]::UtcNow
  if ($Certificate.NotAfter.ToUniversalTime() -le $now) {
    'It has expired.'
  }
  if ($Certificate.NotBefore.ToUniversalTime() -gt $now) {
    'It is not valid yet.'
  }
  $names = @($Certificate.DnsNameList | ForEach-Object { $_.Punycode })
  $matching = @($names | Where-Object { Test-DnsName -Pattern $_ -Name $TenantPortalFqdn })
  if ($matching.Count -eq 0) {
    'It is not for ' + $TenantPortalFqdn + '.'
  }
  if (-not $IsBuilt) {
    $states = @($Chain.ChainStatus | ForEach-Object { [string]$_.Status }) -join ', '
    'Its chain does not build: ' + $states + '.'
  }
}

if (-not (Test-WebServer)) {
  $answer.message = 'This machine has no IIS, so it is not a tenant portal machine.'
  return $answer
}
$wanted = $Thumbprint
if (-not $wanted) {
  $wanted = Get-PortalThumbprint
}
if (-not $wanted) {
  $answer.message = 'The site MgmtSvc-TenantSite has not exactly one certificate bound.'
  return $answer
}
$path = Join-Path -Path 'Cert:\LocalMachine\My' -ChildPath $wanted
if (-not (Test-Path -LiteralPath $path)) {
  $answer.message = 'The certificate ' + $wanted + ' is not in this machine''s own store.'
  return $answer
}
$certificate = Get-Item -LiteralPath $path

$chain = New-Object -TypeName 'System.Security.Cryptography.X509Certificates.X509Chain'
try {
  # Revocation lists are often out of reach from here; whether one is reachable is not the question.
  $chain.ChainPolicy.RevocationMode = [System.Security.Cryptography.X509Certificates.X509RevocationMode]::NoCheck
  $isBuilt = $chain.Build($certificate)
  $issuers = @()
  foreach ($element in @($chain.ChainElements | Select-Object -Skip 1)) {
    $issuer = $element.Certificate
    $store = 'CA'
    if ($issuer.Subject -eq $issuer.Issuer) {
      $store = 'Root'
    }
    $issuers += @{
      thumbprint  = $issuer.Thumbprint
      store       = $store
      certificate = [Convert]::ToBase64String($issuer.RawData)
    }
  }
  $culture = [System.Globalization.CultureInfo]::InvariantCulture
  $answer.facts = @{
    thumbprint = $certificate.Thumbprint
    subject    = $certificate.Subject
    issuer     = $certificate.Issuer
    notAfter   = $certificate.NotAfter.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', $culture)
    issuers    = $issuers
  }
  $look = @{
    Certificate = $certificate
    Chain       = $chain
    IsBuilt     = $isBuilt
  }
  $complaints = @(Get-Complaint @look)
} finally {
  $chain.Reset()
}
$answer.ok = ($complaints.Count -eq 0)
if ($answer.ok) {
  $answer.code = ''
  return $answer
}
$answer.message = 'The certificate ' + $certificate.Thumbprint + ' will not do. ' + ($complaints -join ' ')
return $answer
