# W6: do these names resolve from here, do these ports open. What is seen is the answer, good or bad. Reads only.
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

function Test-Port {
  param([string]$Name, [int]$Port)
  $client = New-Object -TypeName 'System.Net.Sockets.TcpClient'
  try {
    $attempt = $client.BeginConnect($Name, $Port, $null, $null)
    if (-not $attempt.AsyncWaitHandle.WaitOne(2000)) {
      return $false
    }
    $client.EndConnect($attempt)
    return $true
  } catch {
    return $false
  } finally {
    $client.Close()
  }
}

$results = @()
foreach ($endpoint in $Endpoints) {
  $result = @{
    host      = [string]$endpoint.host
    port      = [int]$endpoint.port
    resolved  = $false
    connected = $false
    issue     = 'notResolved'
  }
  $result.resolved = Test-NameResolution -Name $result.host
  if ($result.resolved) {
    $target = @{
      Name = $result.host
      Port = $result.port
    }
    $result.connected = Test-Port @target
    $result.issue = ''
    if (-not $result.connected) {
      $result.issue = Get-ConnectionIssue -Name $result.host
    }
  }
  $results += $result
}
$answer.facts = @{ results = $results }
return $answer
