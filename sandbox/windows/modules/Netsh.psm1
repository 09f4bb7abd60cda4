# netsh: dumps of routing and remote access that it reads again, its settings, and the network policies as an export of
# NPS.

function netsh {
  $words = @($args | ForEach-Object { [string]$_ })
  $global:LASTEXITCODE = 0
  $line = $words -join ' '
  $access = $global:Machine.remoteAccess
  switch -Regex ($line) {
    '^ras( ip)? dump$' { return Get-RasDump $access }
    '^routing dump$' { return Get-RoutingDump $access }
    '^-f ' { return Restore-Dump $access $words[1] }
    '^ras set type ipv4rtrtype=(\w+) ipv6rtrtype=\w+ rastype=\w+$' { $access.routerType = $Matches[1]; return }
    '^ras ip set preferredadapter name=(.+)$' { return Set-PreferredAdapter $access $Matches[1] }
    '^routing ip nat install$' { return }
    '^routing ip nat (?:set|add) interface name=(.+) mode=(\w+)$' { $access.natModes[$Matches[1]] = $Matches[2]; return }
    '^nps export filename=(.+) exportPSK=YES$' { return Export-Policy $access $Matches[1] }
    '^nps import filename=(.+)$' { return Import-Policy $access $Matches[1] }
    '^nps set np name=(.+?) state=(enable|disable)( profileid=0x100f profiledata=true)?$' {
      return Set-Policy $access $Matches[1] $Matches[2] ($null -ne $Matches[3])
    }
  }
  $global:LASTEXITCODE = 1
  return 'The following command was not found: ' + $line
}

function Get-RasDump {
  param([object]$Access)
  '# RAS Context'
  'set type ipv4rtrtype = {0} ipv6rtrtype = none rastype = ipv4' -f $Access.routerType
  if ($Access.preferredAdapter) {
    'set preferredadapter name = "{0}"' -f $Access.preferredAdapter
  }
}

function Get-RoutingDump {
  param([object]$Access)
  '# NAT configuration'
  foreach ($alias in @($Access.natModes.Keys)) {
    'add interface name="{0}" mode={1}' -f $alias, $Access.natModes[$alias]
  }
}

# A dump that is read again takes the place of what is there, with what it does not name.
function Restore-Dump {
  param([object]$Access, [string]$Path)
  $text = [string](Microsoft.PowerShell.Management\Get-Content -LiteralPath $Path -Raw)
  if ($text -match '(?m)^set type ipv4rtrtype = (\w+)') {
    $Access.routerType = $Matches[1]
    $Access.Remove('preferredAdapter')
    if ($text -match '(?m)^set preferredadapter name = "(.+)"') {
      $Access.preferredAdapter = $Matches[1]
    }
    return
  }
  $Access.natModes = @{}
  foreach ($one in [regex]::Matches($text, '(?m)^add interface name="(.+)" mode=(\w+)')) {
    $Access.natModes[$one.Groups[1].Value] = $one.Groups[2].Value
  }
}

function Set-PreferredAdapter {
  param([object]$Access, [string]$Alias)
  if (@($global:Machine.nics | Where-Object { $_.alias -eq $Alias }).Count -eq 0) {
    $global:LASTEXITCODE = 1
    return 'The system cannot find the file specified.'
  }
  $Access.preferredAdapter = $Alias
}

# The policies' part of what NPS exports: each policy names its conditions and its profile, and the profile says whether
# it grants.
function Export-Policy {
  param([object]$Access, [string]$Path)
  $policies = ''
  $profiles = ''
  foreach ($policy in @($Access.policies)) {
    $name = [System.Security.SecurityElement]::Escape($policy.name)
    $condition = if ($policy.isForRemoteAccess) { 'MATCH("MS-RAS-Vendor=^311$")' } else { 'TIMEOFDAY("0 00:00-24:00")' }
    $isOn = [int][bool]$policy.isEnabled
    $grants = [int][bool]$policy.grantsAccess
    $policies += "<np name=""$name""><Properties><msNPAction>$name</msNPAction><msNPConstraint>$condition</msNPConstraint><Policy_Enabled>$isOn</Policy_Enabled></Properties></np>"
    $profiles += "<np name=""$name""><Properties><msNPAllowDialin>$grants</msNPAllowDialin></Properties></np>"
  }
  $text = "<Root><Children><NetworkPolicy><Children>$policies</Children></NetworkPolicy><RadiusProfiles><Children>$profiles</Children></RadiusProfiles></Children></Root>"
  Microsoft.PowerShell.Management\Set-Content -LiteralPath (ConvertTo-Native $Path) -Value $text
}

function Import-Policy {
  param([object]$Access, [string]$Path)
  $document = [xml](Microsoft.PowerShell.Management\Get-Content -LiteralPath (ConvertTo-Native $Path) -Raw)
  foreach ($policy in @($Access.policies)) {
    $kept = @($document.SelectNodes('//NetworkPolicy/Children/*') | Where-Object { $_.GetAttribute('name') -eq $policy.name })
    $granted = @($document.SelectNodes('//RadiusProfiles/Children/*') | Where-Object { $_.GetAttribute('name') -eq $policy.name })
    if ($kept.Count -eq 1 -and $granted.Count -eq 1) {
      $policy.isEnabled = $kept[0].SelectSingleNode('Properties/Policy_Enabled').InnerText -eq '1'
      $policy.grantsAccess = $granted[0].SelectSingleNode('Properties/msNPAllowDialin').InnerText -eq '1'
    }
  }
}

function Set-Policy {
  param([object]$Access, [string]$Name, [string]$State, [bool]$Grants)
  $policy = @($Access.policies | Where-Object { $_.name -eq $Name })[0]
  if ($null -eq $policy) {
    $global:LASTEXITCODE = 1
    return 'The specified network policy does not exist.'
  }
  $policy.isEnabled = $State -eq 'enable'
  if ($Grants) {
    $policy.grantsAccess = $true
  }
}
