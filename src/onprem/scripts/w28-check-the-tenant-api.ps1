# W28: the tenant API's site runs, its port answers, and a minute passes without an error of it in the event log. Reads
# only.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, web-sites

$siteName = 'MgmtSvc-TenantAPI'

if (-not (Test-WebServer)) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS, so it is not a tenant API machine.'
  return $answer
}
# Any line of HTTP is an answer: without a token the API refuses, which shows that it lives. Its certificate is not
# asked about.
function Test-Answer {
  param([int]$Port)
  $client = New-Object -TypeName 'System.Net.Sockets.TcpClient'
  $stream = $null
  $reader = $null
  try {
    $client.Connect('localhost', $Port)
    $client.ReceiveTimeout = 30000
    $callback = [System.Net.Security.RemoteCertificateValidationCallback]{ $true }
    $create = @{
      TypeName     = 'System.Net.Security.SslStream'
      ArgumentList = @($client.GetStream(), $false, $callback)
    }
    $stream = New-Object @create
    $stream.AuthenticateAsClient('localhost', $null, [System.Security.Authentication.SslProtocols]::Tls12, $false)
    $newLine = [string][char]13 + [char]10
    $request = @('GET / HTTP/1.1', 'Host: localhost', 'Connection: close', '', '') -join $newLine
    $bytes = [System.Text.Encoding]::ASCII.GetBytes($request)
    $stream.Write($bytes, 0, $bytes.Length)
    $reader = New-Object -TypeName 'System.IO.StreamReader' -ArgumentList $stream
    return ([string]$reader.ReadLine() -match '^HTTP/1\.[01] \d{3}')
  } catch {
    Write-Verbose ('Port ' + $Port + ': ' + $_.Exception.Message)
    return $false
  } finally {
    if ($null -ne $reader) {
      $reader.Dispose()
    }
    if ($null -ne $stream) {
      $stream.Dispose()
    }
    $client.Close()
  }
}

# Its own logs, and what IIS and .NET write of it to the application log.
function Get-ErrorCount {
  param([DateTime]$Since)
  $list = @{
    ListLog     = '*MgmtSvc-TenantAPI*'
    ErrorAction = 'SilentlyContinue'
  }
  $logs = @(Get-WinEvent @list | Where-Object { $_.IsEnabled } | ForEach-Object { $_.LogName })
  $count = 0
  foreach ($log in @($logs) + 'Application') {
    $query = @{
      FilterHashtable = @{
        LogName   = $log
        Level     = @(1, 2)
        StartTime = $Since
      }
      ErrorAction     = 'SilentlyContinue'
    }
    $found = @(Get-WinEvent @query)
    if ($log -eq 'Application') {
      $found = @($found | Where-Object { [string]$_.Message -match 'MgmtSvc-TenantAPI' })
    }
    $count += $found.Count
  }
  return $count
}

$since = Get-Date
$state = Get-SiteState -Name $siteName
$sites = @(
  @{
    name  = $siteName
    state = $state
  }
)
$answer.facts = @{ sites = $sites }
if ($state -ne 'Started') {
  $answer.code = 'VerifyFailed'
  $answer.message = 'The site ' + $siteName + ' is ' + $state + '.'
  return $answer
}
if (-not (Test-Answer -Port 30005)) {
  $answer.code = 'VerifyFailed'
  $answer.message = 'The tenant API does not answer on port 30005.'
  return $answer
}
Start-Sleep -Seconds 60
$errors = Get-ErrorCount -Since $since
$answer.facts.errors = $errors
$answer.ok = ($errors -eq 0)
if (-not $answer.ok) {
  $answer.code = 'VerifyFailed'
  $answer.message = 'The event log has ' + $errors + ' errors of the tenant API from the last minute.'
}
return $answer
