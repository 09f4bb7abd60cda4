# One PowerShell for a whole suite: reads a request a line, JSON, and answers each with a line of JSON.
#   { do: 'parse', texts: { name: text } }             -> { errors: [ 'name:line message' ] }
#   { do: 'machine', root, facts }                     -> {}                        an empty machine, its drive C: in `root`
#   { do: 'run', script, parameters, facts }          -> { output, exitCode, streams, calls }  facts change the machine first
param([string]$Stubs)
. $Stubs
$out = [Console]::Out
$ownVersion = $PSVersionTable.PSVersion
$parser = [System.Management.Automation.Language.Parser]

function Read-Error {
  param([string]$Name, [string]$Text)
  $tokens = $null
  $found = $null
  $null = $parser::ParseInput($Text, [ref]$tokens, [ref]$found)
  foreach ($one in $found) {
    '{0}:{1} {2}' -f $Name, $one.Extent.StartLineNumber, $one.Message
  }
}

function Set-Fact {
  param([object]$Facts)
  if ($null -eq $Facts) {
    return
  }
  foreach ($fact in $Facts.PSObject.Properties) {
    $global:Machine[$fact.Name] = $fact.Value
    if ($fact.Name -eq 'values') {
      # Values of the registry, by key.
      foreach ($key in $fact.Value.PSObject.Properties) {
        $global:Machine.registry[$key.Name] = $key.Value | ConvertTo-Json | ConvertFrom-Json -AsHashtable
      }
    }
  }
  $global:Machine.calls = @()
}

function New-Machine {
  param([string]$Root)
  $global:Machine = @{ root = $Root; registry = @{}; calls = @() }
  foreach ($name in @('keys', 'sites', 'certificates', 'modules', 'connections', 'addresses', 'powerShellVersion', 'osVersion', 'unresolved', 'typed', 'downloads', 'failing', 'lacksArchives', 'hidesTrust')) {
    $global:Machine[$name] = @()
  }
  $env:GATEHOUSE_WITNESS_ROOT = $Root
  $null = New-Item -ItemType Directory -Path $Root -Force
  # Join-Path asks for the drives of certificates and of the registry; what is in them is stubbed.
  foreach ($drive in @('C', 'Cert', 'HKLM')) {
    Remove-PSDrive -Name $drive -ErrorAction 'Ignore'
    $null = New-PSDrive -Name $drive -PSProvider 'FileSystem' -Root $Root -Scope 'Global'
  }
}

# The launcher writes its answer to the console itself; everything else that a script says goes to PowerShell's streams.
function Invoke-Script {
  param([string]$Path, [hashtable]$Parameters)
  $console = New-Object 'System.IO.StringWriter'
  [Console]::SetOut($console)
  if ($global:Machine.powerShellVersion) {
    $PSVersionTable['PSVersion'] = [version]$global:Machine.powerShellVersion
  }
  $streams = @()
  $code = 0
  $global:LASTEXITCODE = 0
  try {
    $streams = @(& $Path @Parameters *>&1 | ForEach-Object { [string]$_ })
    $code = $LASTEXITCODE
  } catch {
    $streams += [string]$_
    $code = -1
  } finally {
    [Console]::SetOut($out)
    $PSVersionTable['PSVersion'] = $ownVersion
  }
  return @{ output = $console.ToString(); exitCode = $code; streams = $streams }
}

$out.WriteLine('{"ready":true}')
while ($null -ne ($line = [Console]::In.ReadLine())) {
  $asked = ConvertFrom-Json $line
  $answer = @{}
  if ($asked.do -eq 'parse') {
    $answer.errors = @($asked.texts.PSObject.Properties | ForEach-Object { Read-Error $_.Name $_.Value })
  } elseif ($asked.do -eq 'machine') {
    New-Machine $asked.root
    Set-Fact $asked.facts
  } else {
    Set-Fact $asked.facts
    $answer = Invoke-Script $asked.script ($asked.parameters | ConvertTo-Json | ConvertFrom-Json -AsHashtable)
    $answer.calls = $global:Machine.calls
  }
  $out.WriteLine((ConvertTo-Json $answer -Compress -Depth 6))
}
