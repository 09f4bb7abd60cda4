# One PowerShell for a whole suite: reads a request a line, JSON, and answers each with a line of JSON.
#   { do: 'parse', texts: { name: text } }     -> { errors: [ 'name:line message' ] }
#   { do: 'run', root, world, machine, script, parameters, typed, runAs, failing, hasNetwork,
#       isElevated }   runs a script on a machine of a
#       world, whose drives are in `root`      -> { output, exitCode, streams, calls, world }  as the world is afterwards
param([string]$Modules)
$out = [Console]::Out
$ownVersion = $PSVersionTable.PSVersion
Microsoft.PowerShell.Core\Import-Module -Name (Microsoft.PowerShell.Management\Join-Path $Modules 'Machine.psm1') -Global
foreach ($module in Microsoft.PowerShell.Management\Get-ChildItem -LiteralPath $Modules -Filter '*.psm1') {
  Microsoft.PowerShell.Core\Import-Module -Name $module.FullName -Global
}
$env:ProgramData = 'C:\ProgramData'
$env:SystemDrive = 'C:'

function Read-Error {
  param([string]$Name, [string]$Text)
  $tokens = $null
  $found = $null
  $null = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref]$tokens, [ref]$found)
  foreach ($one in $found) {
    '{0}:{1} {2}' -f $Name, $one.Extent.StartLineNumber, $one.Message
  }
}

# The launcher writes its answer to the console itself; everything else that a script says goes to PowerShell's streams.
function Invoke-Script {
  param([string]$Path, [hashtable]$Parameters)
  $console = [System.IO.StringWriter]::new()
  [Console]::SetOut($console)
  $PSVersionTable['PSVersion'] = [version]$global:Machine.powerShellVersion
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
  $asked = Microsoft.PowerShell.Utility\ConvertFrom-Json $line -AsHashtable -DateKind 'String' -Depth 40
  if ($asked.do -eq 'parse') {
    $answer = @{ errors = @($asked.texts.Keys | ForEach-Object { Read-Error $_ $asked.texts[$_] }) }
  } else {
    $global:World = $asked.world
    $global:WorldRoot = $asked.root
    $global:Typed = $asked.typed
    $global:RunAs = $asked.runAs
    $global:IsElevated = $asked.isElevated
    $global:HasNetwork = $asked.hasNetwork
    $global:Failing = $asked.failing
    $global:Calls = @()
    Enter-Machine $asked.machine
    $answer = Invoke-Script $asked.script $asked.parameters
    $answer.calls = $global:Calls
    $answer.world = $global:World
  }
  $out.WriteLine((ConvertTo-Json $answer -Compress -Depth 40))
}
