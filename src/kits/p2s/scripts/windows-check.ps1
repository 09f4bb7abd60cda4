# Checks the VPN of this kit, best while it is connected. Changes nothing and needs no administrator. Each line passes or fails, and says
# what to do. Ends with 0 if all passed, else with 1.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$settings = @{}

$findings = @{ Failed = 0 }

function Write-Pass {
  param([string]$Text)
  Write-Host ('pass  ' + $Text)
}

function Write-Fail {
  param([string]$Text, [string]$Fix)
  $findings.Failed += 1
  Write-Host ('fail  ' + $Text)
  Write-Host ('      ' + $Fix)
}

# An IPv4 address as a number, to compare by.
function ConvertTo-Number {
  param([string]$Address)
  $bytes = [System.Net.IPAddress]::Parse($Address).GetAddressBytes()
  [array]::Reverse($bytes)
  return [uint64][System.BitConverter]::ToUInt32($bytes, 0)
}

# Whether two IPv4 prefixes have an address in common.
function Test-Overlap {
  param([string]$One, [string]$Other)
  $first, $firstLength = $One -split '/'
  $second, $secondLength = $Other -split '/'
  $size = [uint64][math]::Pow(2, 32 - [math]::Min([int]$firstLength, [int]$secondLength))
  $numberOne = ConvertTo-Number $first
  $numberOther = ConvertTo-Number $second
  return ($numberOne - $numberOne % $size) -eq ($numberOther - $numberOther % $size)
}

# The connection's own address comes with AddressState Preferred, as all that are in use.
function Get-Address {
  return @(Get-NetIPAddress -AddressFamily 'IPv4' | Where-Object { $_.AddressState -eq 'Preferred' })
}

function Test-Address {
  $own = @(Get-Address | Where-Object { $_.InterfaceAlias -eq $settings.Name } | ForEach-Object { [string]$_.IPAddress })
  if ($own.Count -eq 0) {
    Write-Fail 'The VPN is not connected.' 'Connect first, then check again. If it does not connect, README.txt says what its error code means.'
    return
  }
  foreach ($prefix in $settings.Pool) {
    if (Test-Overlap ($own[0] + '/32') $prefix) {
      Write-Pass ('This machine has the address {0} of the VPN''s pool.' -f $own[0])
      return
    }
  }
  Write-Fail ('The connection has the address {0}, which is not of the VPN''s pool {1}.' -f $own[0], ($settings.Pool -join ', ')) 'Another VPN has the same name, or the gateway has another pool by now: ask for a new kit.'
}

function Test-LocalNetwork {
  foreach ($address in Get-Address) {
    if (($address.InterfaceAlias -eq $settings.Name) -or ($address.PrefixLength -eq 32) -or ([string]$address.IPAddress).StartsWith('127.')) {
      continue
    }
    $local = '{0}/{1}' -f $address.IPAddress, $address.PrefixLength
    foreach ($prefix in @($settings.Routes) + @($settings.Pool)) {
      # What carries everything overlaps with everything, and is meant to.
      if ((-not $prefix.EndsWith('/0')) -and (Test-Overlap $local $prefix)) {
        Write-Fail ('The local network {0} ({1}) overlaps {2} behind the VPN: what is meant for there stays here.' -f $local, $address.InterfaceAlias, $prefix) 'Use another network (a phone shares one), or give the local network another range in its router.'
        return
      }
    }
  }
  Write-Pass 'The local network overlaps neither the virtual network nor the pool.'
}

# Windows takes any certificate that leads to the root of the kit and has its key: the one that is valid longest.
function Get-ClientCertificate {
  $file = Join-Path $PSScriptRoot $settings.CertificateName
  $kit = New-Object 'System.Security.Cryptography.X509Certificates.X509Certificate2' $file
  $found = @(Get-ChildItem -LiteralPath 'Cert:\CurrentUser\My' | Where-Object {
      $_.HasPrivateKey -and (($_.Thumbprint -eq $settings.Thumbprint) -or ($_.Issuer -eq $kit.Issuer))
    } | Sort-Object -Property 'NotAfter' -Descending)
  if ($found.Count -gt 0) {
    return $found[0]
  }
}

function Test-Certificate {
  $certificate = Get-ClientCertificate
  if ($null -eq $certificate) {
    Write-Fail 'No certificate with its private key is in your store (Manage user certificates, Personal).' 'Run install.ps1 as the person who connects. If it imported the file before, do so again without strong private key protection.'
    return
  }
  $until = $certificate.NotAfter.ToString('yyyy-MM-dd HH:mm')
  $now = Get-Date
  if ($now -gt $certificate.NotAfter) {
    Write-Fail ('The certificate expired on {0}.' -f $until) 'Ask for a renewed one.'
  } elseif ($now -lt $certificate.NotBefore) {
    Write-Fail ('The certificate is valid from {0} only.' -f $certificate.NotBefore.ToString('yyyy-MM-dd HH:mm')) 'Look whether the clock of this machine is right.'
  } else {
    Write-Pass ('The certificate {0} is valid until {1}.' -f $certificate.Thumbprint, $until)
  }
  $usage = @($certificate.Extensions | Where-Object { $_.Oid.Value -eq '2.5.29.37' })
  $purposes = @()
  if ($usage.Count -gt 0) {
    $purposes = @($usage[0].EnhancedKeyUsages | ForEach-Object { $_.Value })
  }
  if (($purposes.Count -gt 0) -and ($purposes[0] -eq '1.3.6.1.5.5.7.3.2')) {
    Write-Pass 'Client authentication is the first purpose of the certificate.'
  } else {
    Write-Fail ('The first purpose of the certificate is not client authentication, but: {0}' -f (($purposes + 'none')[0])) 'Have it issued again; from an enterprise CA by the template User, where client authentication stands first.'
  }
}

function Test-Root {
  if (Test-Path -LiteralPath ('Cert:\CurrentUser\Root\' + $settings.RootThumbprint)) {
    Write-Pass 'The root of your certificate is trusted.'
  } else {
    Write-Fail 'The root of your certificate is not in Trusted Root Certification Authorities.' 'Run install.ps1 again, and answer Yes when Windows asks whether to trust it.'
  }
  if (Test-Path -LiteralPath ('Cert:\LocalMachine\Root\' + $settings.ServerRootThumbprint)) {
    Write-Pass 'The root of the gateway is trusted by this machine.'
  } else {
    Write-Fail 'The root of the gateway is not trusted by this machine.' 'Run install.ps1 again, and let it do what needs an administrator.'
  }
}

function Test-Dns {
  if ($settings.DnsServers.Count -eq 0) {
    return
  }
  $query = @{
    InterfaceAlias = $settings.Name
    ErrorAction = 'SilentlyContinue'
  }
  $known = @(Get-DnsClientServerAddress @query | ForEach-Object { $_.ServerAddresses })
  foreach ($server in $settings.DnsServers) {
    if ($known -contains $server) {
      Write-Pass ('This machine asks the network''s DNS server {0}.' -f $server)
    } else {
      Write-Fail ('This machine does not ask the network''s DNS server {0}.' -f $server) 'Connect first. If it stays so, the package is older than the change of DNS servers: ask for a new kit and install it.'
    }
  }
}

function Test-Probe {
  if ($settings.ProbeAddress -eq '') {
    return
  }
  $what = '{0}, port {1}' -f $settings.ProbeAddress, $settings.ProbePort
  $client = New-Object 'System.Net.Sockets.TcpClient'
  try {
    $isConnected = $client.ConnectAsync($settings.ProbeAddress, [int]$settings.ProbePort).Wait(5000)
    if ($isConnected) {
      Write-Pass ($what + ', answers.')
    } else {
      Write-Fail ('Nothing answered at ' + $what + ', within 5 seconds.') 'The VPN is not connected, or a rule of the network (NSG, firewall) forbids it: ask the administrator.'
    }
  } catch {
    Write-Fail ($what + ', refuses or cannot be reached.') 'Connect first. If it stays so, nothing listens there, or no route leads there.'
  } finally {
    $client.Close()
  }
}

Test-Address
Test-LocalNetwork
Test-Certificate
Test-Root
Test-Dns
Test-Probe
if ($findings.Failed -gt 0) {
  exit 1
}
exit 0
