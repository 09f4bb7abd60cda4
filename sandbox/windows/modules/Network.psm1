# Adapters and addresses, the firewall, names that resolve, and ports that answer, as the world's network has them.

function Get-NetIPAddress {
  [CmdletBinding()]
  param([string]$InterfaceAlias = '*', [string]$AddressFamily)
  $index = 1
  $own = @(foreach ($nic in @($global:Machine.nics)) {
      $index += 1
      [pscustomobject]@{ IPAddress = $nic.address; InterfaceAlias = $nic.alias; InterfaceIndex = $index; PrefixLength = $nic.prefixLength; AddressState = 'Preferred' }
    })
  $loopback = [pscustomobject]@{ IPAddress = '127.0.0.1'; InterfaceAlias = 'Loopback Pseudo-Interface 1'; InterfaceIndex = 1; PrefixLength = 8; AddressState = 'Preferred' }
  return @($own + $loopback | Where-Object { $_.InterfaceAlias -like $InterfaceAlias })
}

function Get-NetRoute {
  [CmdletBinding()]
  param([string]$DestinationPrefix)
  $ways = @($global:Machine.nics | Where-Object { $_.gateway } | ForEach-Object { $_.alias })
  return @(Get-NetIPAddress | Where-Object { $ways -contains $_.InterfaceAlias })
}

function Get-DnsClientServerAddress {
  [CmdletBinding()]
  param([int]$InterfaceIndex, [string]$InterfaceAlias, [string]$AddressFamily)
  $asked = @(Get-NetIPAddress | Where-Object { $_.InterfaceIndex -eq $InterfaceIndex -or $_.InterfaceAlias -eq $InterfaceAlias })
  foreach ($one in $asked) {
    [pscustomobject]@{ ServerAddresses = @(@($global:Machine.nics)[$one.InterfaceIndex - 2].dnsServers) }
  }
}

function Get-NetAdapter {
  return @($global:Machine.nics | ForEach-Object { [pscustomobject]@{ Name = $_.alias } })
}

# The state knows one rule, that of P14, by the adapter that it lets in at.
$ruleName = 'Gatehouse-L2TP-In'

function Get-NetFirewallRule {
  [CmdletBinding()]
  param([string]$Name)
  if ($Name -eq $ruleName -and $global:Machine.remoteAccess.firewallNic) {
    return [pscustomobject]@{ Name = $ruleName; Enabled = 'True'; Action = 'Allow' }
  }
}

function Get-NetFirewallPortFilter {
  [CmdletBinding()]
  param([object]$AssociatedNetFirewallRule)
  return [pscustomobject]@{ LocalPort = @('500', '1701', '4500') }
}

function Get-NetFirewallInterfaceFilter {
  [CmdletBinding()]
  param([object]$AssociatedNetFirewallRule)
  return [pscustomobject]@{ InterfaceAlias = @($global:Machine.remoteAccess.firewallNic) }
}

function New-NetFirewallRule {
  [CmdletBinding()]
  param([string]$Name, [string]$DisplayName, [string]$Direction, [string]$Action, [string]$Protocol, [string[]]$LocalPort, [string]$InterfaceAlias)
  if ((@($LocalPort | Sort-Object) -join ' ') -ne '1701 4500 500' -or $Protocol -ne 'UDP' -or $Direction -ne 'Inbound' -or $Name -ne $ruleName) {
    throw 'This is not the rule that the machine knows.'
  }
  $global:Machine.remoteAccess.firewallNic = [System.Management.Automation.WildcardPattern]::Unescape($InterfaceAlias)
}

function Remove-NetFirewallRule {
  [CmdletBinding()]
  param([string]$Name)
  if (-not (Get-NetFirewallRule -Name $Name)) {
    throw ('No MSFT_NetFirewallRule objects found with property InstanceID equal to ' + $Name + '.')
  }
  $global:Machine.remoteAccess.Remove('firewallNic')
}

# Machines that a name or an address stands for: several where a balancer is in front of them.
function Find-Machine {
  param([string]$Name)
  if ($Name -eq 'localhost') {
    return $global:Machine
  }
  $address = $global:World.network.names[$Name.ToLowerInvariant()]
  if (-not $address) {
    $address = $Name
  }
  return @($global:World.machines | Where-Object {
      $names = @($_.names) + @($_.computerName, ($_.computerName + '.' + $_.domain))
      $names -contains $Name -or @($_.nics | ForEach-Object { $_.address }) -contains $address
    })
}

# Whether the network lets this machine through to another one; port 0 asks for the way alone.
function Test-Way {
  param([object]$Target, [object[]]$Nics, [int]$Port)
  $machine = $global:Machine
  if ($Target.id -eq $machine.id) {
    return $true
  }
  if ($Target.id -and ($Target.power -ne 'on' -or $Target.offline)) {
    return $false
  }
  $starts = @('*', $machine.id) + @($machine.nics | ForEach-Object { $_.address })
  $ends = @('*', $Target.id) + @($Nics | ForEach-Object { $_.address })
  $blocks = @($global:World.network.blocked | Where-Object {
      $starts -contains $_.from -and $ends -contains $_.to -and ($null -eq $_.port -or $_.port -eq $Port)
    })
  return $blocks.Count -eq 0
}

# What a name stands for on this machine: machines of the world, or an address; nothing where it does not resolve.
function Resolve-Target {
  param([string]$Name)
  $network = $global:World.network
  if (@($network.unresolved[$global:Machine.id]) -contains $Name.ToLowerInvariant()) {
    return @()
  }
  $machines = @(Find-Machine $Name)
  if ($machines.Count -gt 0) {
    return @($machines | ForEach-Object { @{ machine = $_; nics = $_.nics } })
  }
  $address = if ($Name -match '^\d{1,3}(\.\d{1,3}){3}$') { $Name } else { $network.names[$Name.ToLowerInvariant()] }
  if ($address) {
    return @(@{ machine = @{}; nics = @(@{ address = $address }) })
  }
  return @()
}

function Test-Reached {
  param([string]$Name)
  return @(Resolve-Target $Name | Where-Object { Test-Way $_.machine $_.nics 0 }).Count -gt 0
}

function Test-Listening {
  param([string]$Name, [int]$Port)
  $open = @(Resolve-Target $Name | Where-Object { (Test-Way $_.machine $_.nics 0) -and (Test-Way $_.machine $_.nics $Port) } | Where-Object {
      $target = $_
      if ($target.machine.id) {
        $sites = @($target.machine.azurePack.sites | Where-Object { $_.port -eq $Port -and $_.state -eq 'Started' })
        $sites.Count -gt 0 -or @($target.machine.openPorts) -contains $Port
      } else {
        @($global:World.network.servers | Where-Object { $_.port -eq $Port -and $_.address -eq $target.nics[0].address }).Count -gt 0
      }
    })
  return $open.Count -gt 0
}

class WindowsDns {
  static [object] GetHostAddresses([string]$name) {
    $found = @(Resolve-Target $name)
    if ($found.Count -eq 0) {
      throw [System.Net.Sockets.SocketException]::new(11001)
    }
    # A machine whose adapters nobody described has an address all the same.
    $addresses = @($found | ForEach-Object { $_.nics | ForEach-Object { $_.address } }) + '192.0.2.1'
    return @($addresses | ForEach-Object { [System.Net.IPAddress]::Parse($_) })
  }
}

class WindowsTcpClient {
  [bool]$IsOpen
  [int]$ReceiveTimeout
  [object] BeginConnect([string]$name, [int]$port, [object]$callback, [object]$state) {
    $this.IsOpen = Test-Listening $name $port
    $handle = Add-Member -InputObject ([pscustomobject]@{}) -MemberType 'ScriptMethod' -Name 'WaitOne' -Value { param($Milliseconds) $true } -PassThru
    return [pscustomobject]@{ AsyncWaitHandle = $handle }
  }
  [void] EndConnect([object]$attempt) {
    if (-not $this.IsOpen) {
      throw [System.Net.Sockets.SocketException]::new(10061)
    }
  }
  [void] Connect([string]$name, [int]$port) {
    if (-not (Test-Listening $name $port)) {
      throw [System.Net.Sockets.SocketException]::new(10061)
    }
  }
  [object] GetStream() { return $this }
  [void] Close() { }
}

Add-Accelerator ([WindowsDns]) @('System.Net.Dns', 'Net.Dns')
Add-Factory 'Net.Sockets.TcpClient' { [WindowsTcpClient]::new() }

function Test-Connection {
  [CmdletBinding()]
  param([string]$ComputerName, [int]$Count, [switch]$Quiet)
  return (Test-Reached $ComputerName)
}

function Test-NetConnection {
  [CmdletBinding()]
  param([string]$ComputerName, [int]$Port)
  return [pscustomobject]@{ TcpTestSucceeded = (Test-Listening $ComputerName $Port) }
}
