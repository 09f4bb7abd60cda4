# Checks the VPN of this kit while it is connected: the address that it gave, the portal, and the certificate behind it.
# Changes nothing and needs no administrator. Ends with 0 if all is in order, else with 1.
param(
  [int]$Port = 443
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$settings = @{}

$findings = @{ Failed = 0 }

function Write-Good {
  param([string]$Text)
  Write-Host ('ok      ' + $Text)
}

function Write-Bad {
  param([string]$Text)
  $findings.Failed += 1
  Write-Host ('failed  ' + $Text)
}

# An IPv4 address as a number, to compare by.
function ConvertTo-Number {
  param([string]$Address)
  $bytes = [System.Net.IPAddress]::Parse($Address).GetAddressBytes()
  [array]::Reverse($bytes)
  return [System.BitConverter]::ToUInt32($bytes, 0)
}

function Test-Address {
  $query = @{
    InterfaceAlias = $settings.Name
    AddressFamily = 'IPv4'
    ErrorAction = 'SilentlyContinue'
  }
  $found = @(Get-NetIPAddress @query | ForEach-Object { [string]$_.IPAddress })
  if ($found.Count -eq 0) {
    Write-Bad 'The VPN is not connected.'
    return
  }
  $number = ConvertTo-Number $found[0]
  if (($number -lt (ConvertTo-Number $settings.RangeFrom)) -or ($number -gt (ConvertTo-Number $settings.RangeTo))) {
    Write-Bad ('This machine has the address {0}, which is not of the VPN''s range {1} to {2}.' -f $found[0], $settings.RangeFrom, $settings.RangeTo)
    return
  }
  Write-Good ('This machine has the address {0} of the VPN.' -f $found[0])
}

# The innermost reason: what .NET wraps around it says nothing.
function Get-Reason {
  param([System.Exception]$Exception)
  return $Exception.GetBaseException()
}

function Test-Portal {
  $fqdn = $settings.PortalFqdn
  $client = New-Object 'System.Net.Sockets.TcpClient'
  try {
    try {
      $isConnected = $client.ConnectAsync($fqdn, $Port).Wait(30000)
    } catch {
      Write-Bad ('Nothing answers at {0}: the name is unknown here, or the VPN does not lead there. {1}' -f $fqdn, (Get-Reason $_.Exception).Message)
      return
    }
    if (-not $isConnected) {
      Write-Bad ('Nothing answers at {0}: the VPN is not connected, or does not lead there.' -f $fqdn)
      return
    }
    $client.ReceiveTimeout = 30000
    $stream = New-Object 'System.Net.Security.SslStream' @($client.GetStream(), $false)
    try {
      $stream.AuthenticateAsClient($fqdn, $null, [System.Security.Authentication.SslProtocols]'Tls12', $false)
    } catch {
      $reason = Get-Reason $_.Exception
      if ($reason -is [System.Security.Authentication.AuthenticationException]) {
        Write-Bad ('The certificate of {0} is not accepted by this machine. Not trusted: run connect.ps1, or the portal has another issuer. {1}' -f $fqdn, $reason.Message)
      } else {
        Write-Bad ('The portal does not open: {0}' -f $reason.Message)
      }
      return
    }
    Write-Good ('The certificate of {0} is trusted.' -f $fqdn)
    $request = [System.Text.Encoding]::ASCII.GetBytes("GET / HTTP/1.1`r`nHost: $fqdn`r`nConnection: close`r`n`r`n")
    try {
      $stream.Write($request, 0, $request.Length)
      $reader = New-Object 'System.IO.StreamReader' $stream
      $status = [string]$reader.ReadLine()
    } catch {
      Write-Bad ('The portal does not answer: {0}' -f (Get-Reason $_.Exception).Message)
      return
    }
    if ($status -match '^HTTP/1\.[01] [1-4]\d\d') {
      Write-Good ('The portal opens: https://{0}' -f $fqdn)
    } else {
      Write-Bad ('The portal answers: {0}' -f $status)
    }
  } finally {
    $client.Close()
  }
}

Test-Address
Test-Portal
if ($findings.Failed -gt 0) {
  exit 1
}
exit 0
