# Certificate stores: what the machine's state has in them. A store of CurrentUser is that of the account that the step
# runs as.

# All of `Cert:\LocalMachine\Root`, or the one of a thumbprint below it.
function Get-StoredCertificate {
  param([string]$Path)
  $place, $location, $store, $thumbprint = $Path.Replace('/', '\') -split '\\'
  foreach ($kept in @(Find-Kept $location $store)) {
    $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([Convert]::FromBase64String($kept.certificate))
    if (-not $thumbprint -or $certificate.Thumbprint -eq $thumbprint) {
      Add-Member -InputObject $certificate -NotePropertyName 'HasPrivateKey' -NotePropertyValue ([bool]$kept.hasPrivateKey) -Force -PassThru
    }
  }
}

# The names that a certificate is for, as PowerShell's provider on Windows lists them.
$names = @{
  TypeName = 'System.Security.Cryptography.X509Certificates.X509Certificate2'
  MemberType = 'ScriptProperty'
  MemberName = 'DnsNameList'
  Value = {
    foreach ($extension in @($this.Extensions | Where-Object { $_.Oid.Value -eq '2.5.29.17' })) {
      $extension.EnumerateDnsNames() | ForEach-Object { [pscustomobject]@{ Punycode = $_ } }
    }
  }
  Force = $true
}
Update-TypeData @names

function Find-Kept {
  param([string]$Location, [string]$Store)
  return @($global:Machine.certificates | Where-Object {
      $_.location -eq $Location -and $_.store -eq $Store -and ($Location -eq 'LocalMachine' -or $_.owner -eq $global:RunAs)
    })
}

function Remove-StoredCertificate {
  param([string]$Path)
  $gone = @(Get-StoredCertificate $Path | ForEach-Object { [Convert]::ToBase64String($_.RawData) })
  $place, $location, $store, $thumbprint = $Path.Replace('/', '\') -split '\\'
  $global:Machine.certificates = @($global:Machine.certificates | Where-Object {
      $_.location -ne $location -or $_.store -ne $store -or $gone -notcontains $_.certificate
    })
}

function Import-Certificate {
  [CmdletBinding()]
  param([string]$FilePath, [string]$CertStoreLocation)
  $bytes = Microsoft.PowerShell.Management\Get-Content -LiteralPath $FilePath -Raw -AsByteStream
  Add-Kept $CertStoreLocation $bytes $false
}

function Add-Kept {
  param([string]$Place, [byte[]]$Bytes, [bool]$HasPrivateKey)
  $drive, $location, $store = $Place.Replace('/', '\') -split '\\'
  if ($location -eq 'LocalMachine' -and -not $global:IsElevated) {
    throw [System.UnauthorizedAccessException]::new('Access is denied. (Exception from HRESULT: 0x80070005 (E_ACCESSDENIED))')
  }
  $kept = @{ location = $location; store = $store; certificate = [Convert]::ToBase64String($Bytes); hasPrivateKey = $HasPrivateKey }
  if ($location -eq 'CurrentUser' -and $global:RunAs) {
    $kept.owner = $global:RunAs
  }
  $global:Machine.certificates = @($global:Machine.certificates) + $kept
}

# Everything of the file comes into the one store, its chain as well.
function Import-PfxCertificate {
  [CmdletBinding()]
  param([string]$FilePath, [string]$CertStoreLocation, [securestring]$Password, [switch]$Exportable)
  if ($Exportable) {
    throw 'Keys are not to leave the machine that they came to.'
  }
  $text = [System.Net.NetworkCredential]::new('', $Password).Password
  $bytes = Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $FilePath) -Raw -AsByteStream
  $loaded = [System.Security.Cryptography.X509Certificates.X509CertificateLoader]::LoadPkcs12Collection($bytes, $text)
  foreach ($certificate in $loaded) {
    Add-Kept $CertStoreLocation $certificate.RawData $certificate.HasPrivateKey
  }
  return $loaded
}

# Keys that wait for their certificate are values in the state's registry, under a key of no real one: the public key of each, by its hash.
function Get-PendingName {
  param([byte[]]$PublicKey)
  return 'PendingKeys\' + [string]$global:RunAs + '\' + [Convert]::ToHexString([System.Security.Cryptography.SHA256]::HashData($PublicKey))
}

function certreq.exe {
  $words = @($args)
  $global:LASTEXITCODE = 0
  if ($words[0] -eq '-new') {
    $order = Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $words[3]) -Raw
    if ($order -notmatch '(?m)^Subject = "(.*)"\r?$' -or $order -notmatch '(?m)^Exportable = FALSE') {
      $global:LASTEXITCODE = -2147024883
      return
    }
    $null = $order -match '(?m)^Subject = "(.*)"\r?$'
    $subject = $Matches[1].Replace('""', '"').Replace('%%', '%')
    $key = [System.Security.Cryptography.RSA]::Create(2048)
    $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new(
      [System.Security.Cryptography.X509Certificates.X500DistinguishedName]::new($subject), $key,
      [System.Security.Cryptography.HashAlgorithmName]::SHA256, [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
    $body = [Convert]::ToBase64String($request.CreateSigningRequest(), 'InsertLineBreaks')
    $label = 'NEW CERTIFICATE REQUEST'
    $lines = "-----BEGIN $label-----`r`n$body`r`n-----END $label-----`r`n"
    Microsoft.PowerShell.Management\Set-Content -LiteralPath (ConvertTo-Native $words[4]) -Value $lines -NoNewline
    $global:Machine.registry[(Get-PendingName $key.ExportRSAPublicKey())] = 'waits'
    return
  }
  $bytes = Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $words[2]) -Raw -AsByteStream
  $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([byte[]]$bytes)
  $name = Get-PendingName $certificate.PublicKey.GetRSAPublicKey().ExportRSAPublicKey()
  if (-not $global:Machine.registry.Contains($name)) {
    # CRYPT_E_NOT_FOUND
    $global:LASTEXITCODE = -2146885628
    return
  }
  # The chain has to lead to a root that this account trusts.
  $chain = [System.Security.Cryptography.X509Certificates.X509Chain]::new()
  $chain.ChainPolicy.TrustMode = 'CustomRootTrust'
  $chain.ChainPolicy.RevocationMode = 'NoCheck'
  $chain.ChainPolicy.DisableCertificateDownloads = $true
  foreach ($root in @(Get-StoredCertificate 'Cert:\CurrentUser\Root')) {
    $null = $chain.ChainPolicy.CustomTrustStore.Add($root)
  }
  foreach ($one in @(Get-StoredCertificate 'Cert:\CurrentUser\CA')) {
    $null = $chain.ChainPolicy.ExtraStore.Add($one)
  }
  if (-not $chain.Build($certificate)) {
    # CERT_E_CHAINING
    $global:LASTEXITCODE = -2146762486
    return
  }
  $global:Machine.registry.Remove($name)
  Add-Kept 'Cert:\CurrentUser\My' $certificate.RawData $true
}

function Export-Certificate {
  [CmdletBinding()]
  param([object]$Cert, [string]$FilePath, [string]$Type, [switch]$Force)
  Microsoft.PowerShell.Management\Set-Content -LiteralPath (ConvertTo-Native $FilePath) -Value $Cert.RawData -AsByteStream
}

# The tool says what it does; the store that it works on is the machine's own.
function certutil.exe {
  $words = @($args)
  $global:LASTEXITCODE = 0
  if ($words[0] -eq '-addstore') {
    Import-Certificate -FilePath (ConvertTo-Native $words[2]) -CertStoreLocation ('Cert:\LocalMachine\' + $words[1])
    return
  }
  if ($words[0] -eq '-delstore') {
    Remove-StoredCertificate ('Cert:\LocalMachine\' + $words[1] + '\' + $words[2])
    return
  }
  $global:LASTEXITCODE = -2147024809
}

# A chain is built from the stores of the simulated machine.
Add-Factory 'Security.Cryptography.X509Certificates.X509Chain' {
  $chain = [System.Security.Cryptography.X509Certificates.X509Chain]::new()
  $chain.ChainPolicy.TrustMode = 'CustomRootTrust'
  $chain.ChainPolicy.DisableCertificateDownloads = $true
  foreach ($certificate in @(Get-StoredCertificate 'Cert:\LocalMachine\Root')) {
    $null = $chain.ChainPolicy.CustomTrustStore.Add($certificate)
  }
  foreach ($certificate in @(Get-StoredCertificate 'Cert:\LocalMachine\CA')) {
    $null = $chain.ChainPolicy.ExtraStore.Add($certificate)
  }
  return $chain
}

Add-Factory 'Security.Cryptography.X509Certificates.X509Certificate2' {
  param($Given)
  if ($Given -is [string]) {
    $bytes = Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $Given) -Raw -AsByteStream
    return [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([byte[]]$bytes)
  }
  return [System.Security.Cryptography.X509Certificates.X509Certificate2]::new([byte[]]$Given)
}
