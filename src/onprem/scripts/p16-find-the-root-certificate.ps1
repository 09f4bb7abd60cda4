# P16: the root certificate of the stack. Under SYSTEM the user's store is SYSTEM's own, so the machine's store is
# searched as well.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidateCount(1, 8)]
  [ValidateLength(1, 256)]
  [string[]]$SubjectPatterns
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

Write-Verbose ('{0}: {1} patterns.' -f $Mode, $SubjectPatterns.Count)

# LocalMachine comes first: of two equal ones its certificate is taken.
function Find-Candidate {
  param([string]$Pattern)
  foreach ($store in @('LocalMachine', 'CurrentUser')) {
    $hits = @(Get-ChildItem ('Cert:\{0}\Root' -f $store) | Where-Object { $_.Subject -like $Pattern })
    foreach ($hit in $hits) {
      [pscustomobject]@{ certificate = $hit; store = $store }
    }
  }
}

foreach ($pattern in $SubjectPatterns) {
  $candidates = @(Find-Candidate $pattern)
  if ($candidates.Count -eq 0) {
    continue
  }
  $newest = $candidates[0]
  foreach ($candidate in $candidates) {
    if ($candidate.certificate.NotAfter -gt $newest.certificate.NotAfter) {
      $newest = $candidate
    }
  }
  $end = $newest.certificate.NotAfter.ToUniversalTime()
  $once = @{ Unique = $true }
  $facts = @{
    thumbprint = $newest.certificate.Thumbprint
    notAfter = $end.ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture)
    subject = $newest.certificate.Subject
    store = $newest.store
    candidates = @($candidates | ForEach-Object { $_.certificate.Thumbprint } | Sort-Object @once)
  }
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
}
$message = 'No root certificate has such a subject. If it is in a person''s own store, run this step as that person.'
return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
