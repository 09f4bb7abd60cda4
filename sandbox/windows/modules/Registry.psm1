# The registry: values that the machine's state has by `key\name`, keys that scripts made, and what follows from the
# rest of the state.

class WindowsKey {
  [string]$PSChildName
  [hashtable]$Values
  WindowsKey([string]$name, [hashtable]$values) {
    $this.PSChildName = $name
    $this.Values = $values
  }
  [object] GetValue([string]$name) { return $this.Values[$name] }
  [object] GetValue([string]$name, [object]$default) {
    if ($this.Values.ContainsKey($name)) {
      return $this.Values[$name]
    }
    return $default
  }
}

$uninstall = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'

# A product code that is the same whenever a product of that name is looked at.
function Get-ProductCode {
  param([string]$Name)
  $digest = [System.Security.Cryptography.SHA256]::HashData([System.Text.Encoding]::UTF8.GetBytes($Name))
  return '{' + [guid]::new([byte[]]$digest[0..15]).ToString().ToUpperInvariant() + '}'
}

# Keys that follow from what else the machine is, with their values.
function Get-DerivedKey {
  $machine = $global:Machine
  $part = $machine.azurePack
  $keys = @{
    'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' = @{ InstallationType = $machine.installation }
    'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager' = @{}
    'HKLM:\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters' = @{}
    $uninstall = @{}
  }
  if ($machine.remoteAccess) {
    # [MS-RRASM] 2.2.3.4.1: 1 lets clients in, 2 routes the LAN, 4 demand-dial.
    $type = @{ lan = 2; lanonly = 2; lananddd = 7 }[$machine.remoteAccess.routerType]
    $keys['HKLM:\SYSTEM\CurrentControlSet\Services\RemoteAccess\Parameters'].RouterType = $type
  }
  if ($machine.isRestartPending) {
    $keys['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'] = @{}
  }
  if (@($part.sites).Count -gt 0) {
    $keys['HKLM:\SOFTWARE\Microsoft\InetStp'] = @{}
  }
  if ($part.urlRewrite.version) {
    $keys['HKLM:\SOFTWARE\Microsoft\IIS Extensions\URL Rewrite'] = @{ Version = $part.urlRewrite.version }
    $rewrite = 'IIS URL Rewrite Module 2'
    $keys[$uninstall + '\' + (Get-ProductCode $rewrite)] = @{ DisplayName = $rewrite; DisplayVersion = $part.urlRewrite.version }
  }
  foreach ($product in @($machine.products)) {
    $keys[$uninstall + '\' + (Get-ProductCode $product.name)] = @{ DisplayName = $product.name; DisplayVersion = $product.version }
  }
  return $keys
}

function Get-RegistryKey {
  param([string]$Path)
  $derived = (Get-DerivedKey)[$Path]
  $prefix = $Path + '\'
  $own = @($global:Machine.registry.Keys | Where-Object { $_.StartsWith($prefix) -and $_.IndexOf('\', $prefix.Length) -lt 0 })
  if ($null -eq $derived -and $own.Count -eq 0) {
    return $null
  }
  $values = if ($derived) { $derived.Clone() } else { @{} }
  foreach ($name in $own) {
    $values[$name.Substring($prefix.Length)] = $global:Machine.registry[$name]
  }
  return [WindowsKey]::new(($Path -split '\\')[-1], $values)
}

function Get-RegistryChild {
  param([string]$Path)
  foreach ($name in @((Get-DerivedKey).Keys | Where-Object { $_ -like ($Path + '\*') } | Sort-Object)) {
    Get-RegistryKey $name
  }
}

# An empty key is one with an empty default value.
function New-RegistryKey {
  param([string]$Path)
  $global:Machine.registry[$Path + '\'] = ''
}

function Set-ItemProperty {
  [CmdletBinding()]
  param([string]$LiteralPath, [string]$Name, [object]$Value)
  Test-Failing 'Set-ItemProperty'
  $global:Machine.registry[$LiteralPath + '\' + $Name] = $Value
}

function Remove-ItemProperty {
  [CmdletBinding()]
  param([string]$LiteralPath, [string]$Name)
  Test-Failing 'Remove-ItemProperty'
  if (-not $global:Machine.registry.Contains($LiteralPath + '\' + $Name)) {
    throw ('Property ' + $Name + ' does not exist at path ' + $LiteralPath + '.')
  }
  $global:Machine.registry.Remove($LiteralPath + '\' + $Name)
}

# The registry as .NET has it: hives, whose keys are opened with their values.
class OpenedKey {
  [string]$Path
  OpenedKey([string]$path) { $this.Path = $path }
  [string[]] GetValueNames() { return @((Get-RegistryKey $this.Path).Values.Keys | Where-Object { $_ }) }
  [object] GetValue([string]$name) { return (Get-RegistryKey $this.Path).GetValue($name) }
  [void] SetValue([string]$name, [object]$value) { $global:Machine.registry[$this.Path + '\' + $name] = $value }
  [void] DeleteValue([string]$name, [bool]$mustExist) { $global:Machine.registry.Remove($this.Path + '\' + $name) }
  [void] Close() { }
}

class RegistryHive {
  [string]$Name
  RegistryHive([string]$name) { $this.Name = $name }
  [object] OpenSubKey([string]$path, [bool]$writable) {
    $this.AssertWritable($writable)
    if ($null -eq (Get-RegistryKey ($this.Name + $path))) {
      return $null
    }
    return [OpenedKey]::new($this.Name + $path)
  }
  [void] AssertWritable([bool]$writable) {
    if ($writable -and $this.Name -eq 'HKLM:\' -and -not $global:IsElevated) {
      throw [System.Security.SecurityException]::new('Requested registry access is not allowed.')
    }
  }
  [object] CreateSubKey([string]$path) {
    $this.AssertWritable($true)
    New-RegistryKey ($this.Name + $path)
    return [OpenedKey]::new($this.Name + $path)
  }
  # With its values; one that has keys below it stays.
  [void] DeleteSubKey([string]$path, [bool]$mustExist) {
    $prefix = $this.Name + $path + '\'
    $within = @($global:Machine.registry.Keys | Where-Object { $_.StartsWith($prefix) })
    if (@($within | Where-Object { $_.IndexOf('\', $prefix.Length) -ge 0 }).Count -gt 0) {
      throw [System.InvalidOperationException]::new('Registry key has subkeys and recursive removes are not supported by this method.')
    }
    foreach ($name in $within) {
      $global:Machine.registry.Remove($name)
    }
  }
}

class RegistryHives {
  static [object]$LocalMachine = [RegistryHive]::new('HKLM:\')
  static [object]$CurrentUser = [RegistryHive]::new('HKCU:\')
}

Add-Accelerator ([RegistryHives]) @('Microsoft.Win32.Registry')
