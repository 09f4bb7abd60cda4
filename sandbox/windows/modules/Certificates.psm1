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
  $place, $location, $store = $CertStoreLocation.Replace('/', '\') -split '\\'
  $bytes = Microsoft.PowerShell.Management\Get-Content -LiteralPath $FilePath -Raw -AsByteStream
  $kept = @{ location = $location; store = $store; certificate = [Convert]::ToBase64String($bytes); hasPrivateKey = $false }
  $global:Machine.certificates = @($global:Machine.certificates) + $kept
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
