# W21: the package's own script binds a certificate to the connector's three sites. What was bound before is noted
# first.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[A-Za-z]:(\\[A-Za-z0-9._-]+)+\z')]
  [string]$Folder,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[0-9A-Fa-f]{40}\z')]
  [string]$Thumbprint
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: answer, notes, package-script, web-sites, connector-sites

# One thumbprint per site and https binding, '' where none is bound.
function Get-BoundThumbprint {
  Import-Module -Name 'WebAdministration' -Verbose:$false
  foreach ($siteName in $siteNames) {
    $query = @{
      Name     = $siteName
      Protocol = 'https'
    }
    $bindings = @(Get-WebBinding @query)
    if ($bindings.Count -eq 0) {
      ''
    }
    foreach ($binding in $bindings) {
      ([string]$binding.certificateHash).ToUpperInvariant()
    }
  }
}

if (-not (Test-WebServer)) {
  $answer.code = 'Precondition'
  $answer.message = 'This machine has no IIS, so it is not a tenant portal machine.'
  return $answer
}

$wanted = $Thumbprint.ToUpperInvariant()
if ($Mode -eq 'undo') {
  $note = Get-Note -Name 'W21'
  $answer.ok = $true
  $answer.message = 'This machine has no note of the certificate that was bound before.'
  if ($null -eq $note) {
    return $answer
  }
  $before = @($note.before | Where-Object { $_ } | Select-Object -Unique)
  if ($before.Count -ne 1) {
    # Nothing was bound before, or not one thing: the sites themselves go when the products are uninstalled. The note
    # goes now: it would stand for the state before a later binding.
    Remove-Note -Name 'W21'
    return $answer
  }
  $answer.ok = $false
  $answer.message = ''
  $wanted = $before[0]
}

$bound = @(Get-BoundThumbprint)
$others = @($bound | Where-Object { $_ -ne $wanted })
$isBound = ($bound.Count -ge $siteNames.Count) -and ($others.Count -eq 0)

if (($Mode -eq 'probe') -or ($Mode -eq 'verify')) {
  $distinct = @($bound | Where-Object { $_ } | Select-Object -Unique)
  if ($distinct.Count -eq 1) {
    $answer.facts = @{ thumbprint = $distinct[0] }
  }
  $answer.ok = $isBound
  if (-not $isBound) {
    $answer.code = $notDone
    $answer.message = 'Not every site of the connector has the certificate ' + $wanted + ' bound.'
  }
  return $answer
}

if (-not $isBound) {
  $path = Join-Path -Path 'Cert:\LocalMachine\My' -ChildPath $wanted
  if ((-not (Test-Path -LiteralPath $path)) -or (-not (Get-Item -LiteralPath $path).HasPrivateKey)) {
    $answer.code = 'Precondition'
    $answer.message = 'The certificate ' + $wanted + ' is not in this machine''s own store with its private key.'
    return $answer
  }
  $configure = Join-Path -Path $Folder -ChildPath 'setup\scripts\Configure-Certificates.ps1'
  if (-not (Test-Path -LiteralPath $configure)) {
    $answer.code = 'Precondition'
    $answer.message = 'The staged package has no setup\scripts\Configure-Certificates.ps1.'
    return $answer
  }
  # The note of an earlier certificate stays: undo goes back to before the first.
  $answer.changed = $true
  if (($Mode -eq 'apply') -and ($null -eq (Get-Note -Name 'W21'))) {
    Set-Note -Name 'W21' -Note @{ before = @($bound) }
  }
  $result = Invoke-PackageScript -Path $configure -Arguments @('-Thumbprint', $wanted)
  $left = @(Get-BoundThumbprint | Where-Object { $_ -ne $wanted })
  if (($result.exitCode -ne 0) -or $result.hasErrors -or ($left.Count -gt 0)) {
    $answer.code = 'ToolFailed'
    $answer.message = 'Configure-Certificates.ps1 ended with ' + $result.exitCode + '; bindings left as they were: ' + $left.Count + '. ' + $result.remark
    return $answer
  }
}
if ($Mode -eq 'undo') {
  Remove-Note -Name 'W21'
}
$answer.ok = $true
$answer.facts = @{ thumbprint = $wanted }
return $answer
