# The machines that scripts run on: their state as JSON describes it (sandbox/windows/world/records.ts), one of them at
# a time, and for each a folder that is its drive C:. The other modules are cmdlets, programs and classes of Windows
# over that state. Functions come before cmdlets, and a type accelerator before a type of that name, so scripts run as
# they are, word by word.

$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
$global:Factories = @{}

# Names that a script may call a type by.
function Add-Accelerator {
  param([type]$Type, [string[]]$Names)
  foreach ($name in $Names) {
    $accelerators::Add($name, $Type)
  }
}

# What New-Object makes of a type that only Windows has, or that takes paths.
function Add-Factory {
  param([string]$TypeName, [scriptblock]$Make)
  $global:Factories[$TypeName] = $Make
}

# What is done now is done on this machine.
function Enter-Machine {
  param([string]$Id)
  $global:Machine = @($global:World.machines | Where-Object { $_.id -eq $Id })[0]
  $global:MachineRoot = $global:WorldRoot + '/' + $Id
  $env:COMPUTERNAME = ([string]$global:Machine.computerName).ToUpperInvariant()
  $env:PROCESSOR_ARCHITECTURE = $global:Machine.architecture
  $env:GATEHOUSE_WITNESS_ROOT = $global:MachineRoot
  Microsoft.PowerShell.Management\Remove-PSDrive -Name 'C' -ErrorAction 'Ignore'
  $null = Microsoft.PowerShell.Management\New-Item -ItemType 'Directory' -Path $global:MachineRoot -Force
  $null = Microsoft.PowerShell.Management\New-PSDrive -Name 'C' -PSProvider 'FileSystem' -Root $global:MachineRoot -Scope 'Global'
}

# .NET's calls know no drive of PowerShell's: C:\temp\x becomes a path in the machine's folder.
function ConvertTo-Native {
  param([string]$Path)
  return ($Path -replace '^C:[\\/]', ($global:MachineRoot + '/')).Replace('\', '/')
}

# Throws in place of the nth call of a cmdlet, where a test asks for it: { failing: { 'Move-Item': 2 } }. Notes what was
# called.
function Test-Failing {
  param([string]$Name)
  $global:Calls += $Name
  if (-not $global:Failing.Contains($Name)) {
    return
  }
  $global:Failing[$Name] -= 1
  if ($global:Failing[$Name] -eq 0) {
    $global:Failing.Remove($Name)
    throw [System.IO.IOException]::new('The process cannot access the file because it is being used by another process.')
  }
}

function Join-Path {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Path, [Parameter(Position = 1)][string]$ChildPath)
  return $Path.TrimEnd('\') + '\' + $ChildPath.TrimStart('\')
}

function New-Object {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$TypeName, [Parameter(Position = 1)][object[]]$ArgumentList)
  $name = $TypeName -replace '^System\.', ''
  # A test of real connections has the real classes of them.
  $isReal = $global:HasNetwork -and $name -match '^(Net|IO)\.'
  if ($global:Factories.ContainsKey($name) -and -not $isReal) {
    return (& $global:Factories[$name] @ArgumentList)
  }
  return Microsoft.PowerShell.Utility\New-Object @PSBoundParameters
}

# Assemblies of Windows are those that the modules stand for.
function Add-Type {
  [CmdletBinding()]
  param([string]$AssemblyName)
}

# A cmdlet that an older Windows, or one without the role, has not.
function Get-Command {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Name)
  $isLacking = ($Name -eq 'Get-RemoteAccess' -and -not (Test-RemoteAccessModule)) -or
    ($Name -eq 'Expand-Archive' -and [version]$global:Machine.powerShellVersion -lt [version]'5.0')
  if (-not $isLacking) {
    return Microsoft.PowerShell.Core\Get-Command -Name $Name -ErrorAction 'Ignore'
  }
}

# Windows PowerShell leaves texts that look like times as texts.
function ConvertFrom-Json {
  [CmdletBinding()]
  param([Parameter(Position = 0, ValueFromPipeline = $true)][string]$InputObject)
  return Microsoft.PowerShell.Utility\ConvertFrom-Json -InputObject $InputObject -DateKind 'String'
}

# What somebody types: { name of the secret: text, or { username, password } }.
function Read-Host {
  [CmdletBinding()]
  param([Parameter(Position = 0)][string]$Prompt, [switch]$AsSecureString)
  $secret = $global:Typed[($Prompt -split ' ')[-1]]
  if ($Prompt -match '^User name') {
    return $secret.username
  }
  $text = if ($Prompt -match '^Password') { $secret.password } else { $secret }
  return ConvertTo-SecureString -String $text -AsPlainText -Force
}

function Start-Sleep {
  [CmdletBinding()]
  param([Parameter(Position = 0)][int]$Seconds)
}
