# P12: the network policy for this machine's own remote access lets people in. Its name is in the language of Windows;
# its condition, the vendor number of Microsoft's own server, is not.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply', 'verify', 'undo')]
  [string]$Mode
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
# Preludes: native

# The export holds shared secrets: a folder of its own, for administrators alone, for as long as it is read.
function Read-PolicyExport {
  $folder = Join-Path $env:ProgramData ('Gatehouse\{0}' -f [guid]::NewGuid())
  $null = [IO.Directory]::CreateDirectory($folder)
  try {
    $guarded = Invoke-Native { icacls $folder '/inheritance:r' '/grant:r' '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' }
    if ($guarded.exitCode -ne 0) {
      throw 'The folder of the export could not be restricted to administrators.'
    }
    $file = Join-Path $folder 'nps.xml'
    $target = 'filename={0}' -f $file
    $exported = Invoke-Native { netsh 'nps' 'export' $target 'exportPSK=YES' }
    if ($exported.exitCode -ne 0) {
      throw 'netsh nps export failed.'
    }
    $document = New-Object 'System.Xml.XmlDocument'
    $document.Load($file)
    return $document
  } finally {
    $options = @{ Path = $folder; Recurse = $true; Force = $true }
    Remove-Item @options
  }
}

function Get-Text {
  param([Xml.XmlNode]$Node, [string]$Path)
  $found = $Node.SelectSingleNode($Path)
  if ($null -eq $found) {
    return ''
  }
  return $found.InnerText.Trim()
}

# Name, and whether it is on and grants; nothing where there is no such policy.
function Find-Policy {
  $document = Read-PolicyExport
  $policy = $document.SelectSingleNode('//*[Properties/msNPConstraint[contains(., "MS-RAS-Vendor=^311$")]]')
  if ($null -eq $policy) {
    return $null
  }
  $name = $policy.GetAttribute('name')
  $profileName = Get-Text $policy 'Properties/msNPAction'
  $profiles = @($document.SelectNodes('//RadiusProfiles/Children/*') | Where-Object { $_.GetAttribute('name') -eq $profileName })
  $grants = $profiles.Count -eq 1 -and (Get-Text $profiles[0] 'Properties/msNPAllowDialin') -eq '1'
  # A policy without the mark is on.
  $isOn = (Get-Text $policy 'Properties/Policy_Enabled') -ne '0'
  return @{ name = $name; isOpen = ($isOn -and $grants); isOn = $isOn }
}

$policy = Find-Policy
if ($null -eq $policy) {
  if ($Mode -eq 'undo') {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = @{}; message = '' }
  }
  $message = 'There is no network policy for connections to Microsoft Routing and Remote Access.'
  return [ordered]@{ ok = $false; changed = $false; code = 'Precondition'; facts = @{}; message = $message }
}
$facts = @{ policyName = $policy.name }
$name = 'name={0}' -f $policy.name

if ($Mode -eq 'undo') {
  if (-not $policy.isOn) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
  }
  $changed = $true
  $result = Invoke-Native { netsh 'nps' 'set' 'np' $name 'state=disable' }
} else {
  if ($policy.isOpen) {
    return [ordered]@{ ok = $true; changed = $false; code = ''; facts = $facts; message = '' }
  }
  if ($Mode -ne 'apply') {
    $code = @{ probe = 'NotDone'; verify = 'VerifyFailed' }[$Mode]
    $message = 'The network policy is off, or denies access.'
    return [ordered]@{ ok = $false; changed = $false; code = $code; facts = $facts; message = $message }
  }
  $changed = $true
  # 0x100f: the permission to dial in.
  $result = Invoke-Native { netsh 'nps' 'set' 'np' $name 'state=enable' 'profileid=0x100f' 'profiledata=true' }
}
if ($result.exitCode -ne 0) {
  return [ordered]@{ ok = $false; changed = $changed; code = 'ToolFailed'; facts = $facts; message = $result.text }
}
return [ordered]@{ ok = $true; changed = $changed; code = ''; facts = $facts; message = '' }
