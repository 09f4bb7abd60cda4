# P14: IKE, its detour round address translation, and L2TP come in through the external adapter. A rule of our own,
# because the group of Windows has its name in the language of Windows and opens L2TP alone.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode,
  [Parameter(Mandatory = $true)]
  [ValidatePattern('^[^"\p{Cc}]{1,256}\z')]
  [string]$ExternalNic
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$ruleName = 'Gatehouse-L2TP-In'
$ports = @('500', '4500', '1701')

function Get-Rule {
  $options = @{ Name = $ruleName; ErrorAction = 'SilentlyContinue' }
  return Get-NetFirewallRule @options
}

function Test-Rule {
  param([object]$Rule)
  if ($null -eq $Rule -or [string]$Rule.Enabled -ne 'True' -or [string]$Rule.Action -ne 'Allow') {
    return $false
  }
  $associated = @{ AssociatedNetFirewallRule = $Rule }
  $portFilter = Get-NetFirewallPortFilter @associated
  $adapterFilter = Get-NetFirewallInterfaceFilter @associated
  $open = @($portFilter.LocalPort | ForEach-Object { [string]$_ })
  $missing = @($ports | Where-Object { $open -notcontains $_ })
  return ($missing.Count -eq 0 -and @($adapterFilter.InterfaceAlias) -contains $ExternalNic)
}

# Whether something translates the address again on the way in cannot be seen from here: a private address says that it
# may be so.
function Test-PrivateAddress {
  $query = @{ AddressFamily = 'IPv4' }
  $own = @(Get-NetIPAddress @query | Where-Object { $_.InterfaceAlias -eq $ExternalNic })
  foreach ($address in $own) {
    $isPrivate = $address.IPAddress -match '^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)'
    if (-not $isPrivate) {
      return $false
    }
  }
  return $true
}

function Remove-Rule {
  $options = @{ Name = $ruleName }
  Remove-NetFirewallRule @options
}

$rule = Get-Rule
if ($Mode -eq 'undo') {
  if ($null -eq $rule) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $changed = $true
  Remove-Rule
  return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = @{}; message = '' }
}

$facts = @{ isBehindNat = Test-PrivateAddress }
if (Test-Rule $rule) {
  return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
}
if ($Mode -ne 'apply') {
  $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
  return [ordered]@{ ok = $false; changed = $false; code = $code; facts = $facts; message = 'The firewall is closed for L2TP.' }
}
$changed = $true
if ($null -ne $rule) {
  Remove-Rule
}
$options = @{
  Name = $ruleName
  DisplayName = 'Gatehouse: L2TP over IPsec'
  Direction = 'Inbound'
  Action = 'Allow'
  Protocol = 'UDP'
  LocalPort = $ports
  # A name with brackets is not a pattern.
  InterfaceAlias = [Management.Automation.WildcardPattern]::Escape($ExternalNic)
}
$null = New-NetFirewallRule @options
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = $facts; message = '' }
