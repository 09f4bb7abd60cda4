import { checkScript } from '../../../../sandbox/windows/powershell/check-script.ts';

const soundStep = `# What it is for.
param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'apply')]
  [string]$Mode,
  [securestring]$SharedKey
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$options = @{ TunnelAuthProtocolsAdvertised = 'PreSharedKey' }
if ($Mode -eq 'apply') {
  $options.SharedSecret = (New-Object 'System.Net.NetworkCredential' @('', $SharedKey)).Password
  Set-VpnAuthProtocol @options
}
return @{ ok = $true }
`;

/** The rules that a script breaks, each with its line. */
async function broken(text: string, kind?: 'step'): Promise<string[]> {
  return (await checkScript(text, kind)).map(({ line, rule }) => `${line} ${rule}`);
}

describe('sandbox/windows/powershell/check-script', () => {
  it('finds nothing in the script of a step that is in order', async () => {
    expect(await broken(soundStep, 'step')).toEqual([]);
  });

  it.each([
    ['an unclosed brace', 'if ($a) {\n  Get-Date\n', ['2 syntax']],
    ['a try that catches nothing', '$a = 1\ntry { Get-Date }\n', ['2 no-catch']],
    ['a key twice in a table', '$a = @{\n  One = 1\n  ONE = 2\n}\n', ['3 duplicate-key']],
    ['a dash of a text program', 'Get-Date\n$a = 1 \u2013 2\n', ['2 syntax', '2 syntax', '2 non-ascii']],
    ['a curly quote in a comment', '# it\u2019s\nGet-Date\n', ['1 non-ascii']],
    ['a place to fill in', 'Set-VpnAuthProtocol -SharedSecret <SharedKey>\n', ['1 secret-literal', '1 placeholder']],
    ['a place to fill in inside a text', "$a = 'Your name: <name>'\n", ['1 placeholder']],
    ['a colon behind a variable in a text', '$b = "$name: it failed"\n', ['1 scope']],
    ['a cmdlet that does not exist', "Remove-AzurePackConnector -Name 'x'\n", ['1 unknown-command']],
    ['a cmdlet of another PowerShell', "Get-Content 'x' | Join-String\n", ['1 unknown-command']],
    ['a parameter that does not exist', "$a = 1\nInstall-RemoteAccess -RoleType 'Vpn'\n", ['2 unknown-parameter']],
    ['a parameter of another PowerShell', "ConvertFrom-Json -InputObject 'x' -AsHashtable\n", ['1 unknown-parameter']],
    ['a cmdlet that 4.0 lacks', "Expand-Archive -Path 'x' -DestinationPath 'y'\n", ['1 newer-powershell']],
    ['a parameter that 4.0 lacks', "$a = 1\nStop-Service -Name 'x' -NoWait\n", ['2 newer-powershell']],
    [
      'one that 4.0 lacks in a splatted table',
      "$o = @{\n  Uri = 'https://a.example'\n  UseBasicParsing = $true\n}\nInvoke-RestMethod @o\n",
      ['3 newer-powershell'],
    ],
    ['a common parameter that 4.0 lacks', "Get-Date -InformationAction 'Continue'\n", ['1 newer-powershell']],
    [
      'one in a splatted table',
      "$o = @{\n  Force = $true\n  Colour = 'red'\n}\nRemove-VpnConnection @o\n",
      ['3 unknown-parameter'],
    ],
    ['one in a key added later', '$o = @{}\n$o.Nope = 1\nGet-Website @o\n', ['2 unknown-parameter']],
    [
      'one in a block for another machine',
      'Invoke-Command -ScriptBlock { Add-AzurePackConnector -Cloud $using:b }\n',
      ['1 unknown-parameter'],
    ],
    [
      'one of a function of the script',
      'function Get-It {\n  param([int]$Count)\n  return $Count\n}\nGet-It -Size 1\n',
      ['5 unknown-parameter'],
    ],
    ['a table that cannot be seen', '$o = Get-Date\nGet-Website @o\n', ['2 unseen-parameters']],
    ['an alias', "ls 'x'\n", ['1 alias']],
    ['an alias in a pipeline', "Get-Content 'x' | % { $_ }\n", ['1 alias']],
    ['the other alias that one takes for a program', "sc 'query'\n", ['1 alias']],
    ['text run as code', 'Invoke-Expression $text\n', ['1 code-from-text']],
    ['the same by its alias', '$text | iex\n', ['1 code-from-text']],
    ['the same by .NET', '$a = [scriptblock]::Create($text)\n', ['1 code-from-text']],
    ['a command that cannot be seen', '& $path -A 1\n', ['1 computed-command']],
    ['a program that is not known', "& 'curl.exe' 'x'\n", ['1 unknown-command']],
    ['a program asked for something else', "& 'netsh' 'advfirewall' 'reset'\n", ['1 unknown-words']],
    ['a script that asks', "Uninstall-RemoteAccess -VpnType 'Vpn'\n", ['1 attended']],
    [
      'a parameter that a script of the package does not take',
      "$path = 'Configure-Certificates.ps1'\n$words = @('-NoProfile', '-File', $path, '-Certificate', $c)\n& 'powershell.exe' @words\n",
      ['3 unknown-parameter'],
    ],
    [
      'another PowerShell for a script of nobody',
      "& 'powershell.exe' '-NoProfile' '-File' $path\n",
      ['1 unknown-command'],
    ],
    ['a text made secure', "$s = ConvertTo-SecureString -String 'abc' -AsPlainText -Force\n", ['1 secret-literal']],
    ['a text made secure by position', "$s = ConvertTo-SecureString 'abc' -AsPlainText -Force\n", ['1 secret-literal']],
    ['a password as a parameter', "Register-ScheduledTask -TaskName 'x' -Password 'abc'\n", ['1 secret-literal']],
    ['a key in a splatted table', "$o = @{ L2tpPsk = 'abc' }\nAdd-VpnConnection @o\n", ['1 secret-literal']],
    ['a key added to a table', "$o = @{}\n$o['SharedSecret'] = 'abc'\n", ['2 secret-literal']],
    ['a password in a variable', "$adminPassword = 'abc'\n", ['1 secret-literal']],
    ['the password of examples', "$a = 'P@ssw0rd'\n", ['1 secret-literal']],
    ['a connection string with a password', "$a = 'Server=.;User Id=sa;Password=abc;'\n", ['1 secret-literal']],
    ['a shared access signature', "$a = 'https://x/y?sv=1&sig=AbCdEfGhIjKl'\n", ['1 secret-literal']],
    ['a private key', "$a = '-----BEGIN RSA PRIVATE KEY-----'\n", ['1 secret-literal']],
    [
      'a script carried as text',
      "$run = @'\n$ErrorActionPreference = 'Stop'\nGet-Nothing\n'@\n[IO.File]::WriteAllText('x', $run)\n",
      ['3 unknown-command'],
    ],
  ])('finds %s', async (_name, text, expected) => {
    expect(await broken(text)).toEqual(expected);
  });

  it.each([
    ['a param block', soundStep.replace(/param\([^]*?\n\)\n/, ''), ['1 param-block']],
    ['a type', soundStep.replace('[securestring]$SharedKey', '$SharedKey'), ['6 param-block']],
    ['a mode', soundStep.replaceAll('$Mode', '$Way'), ['1 mode']],
    ['the modes', soundStep.replace("  [ValidateSet('probe', 'apply')]\n", ''), ['3 mode']],
    ['modes that there are', soundStep.replace("'apply')", "'install')"), ['3 mode']],
    ['that the mode is wanted', soundStep.replace('Mandatory = $true', 'Mandatory = $false'), ['3 mode']],
    ['strictness', soundStep.replace('Set-StrictMode -Version 2.0\n', ''), ['1 strict-mode']],
    ['stopping at errors', soundStep.replace("$ErrorActionPreference = 'Stop'\n", ''), ['1 strict-mode']],
  ])('misses in the script of a step: %s', async (_name, text, expected) => {
    expect(await broken(text, 'step')).toEqual(expected);
  });

  it.each([
    ['parameters that every cmdlet takes', "Get-Website -ErrorAction 'Stop' -WarningAction 'Ignore'\n"],
    [
      'what 4.0 lacks, where it is looked for',
      "if (Get-Command -Name 'Expand-Archive' -ErrorAction 'SilentlyContinue') {\n  Expand-Archive -Path 'x' -DestinationPath 'y'\n}\n",
    ],
    ['names in either case', "GET-CHILDITEM -literalpath 'x'\n"],
    ['a program with its extension', "& 'netsh.exe' 'ras' 'ip' 'show' 'preferredadapter'\n"],
    [
      'a block that is a parameter',
      'function F {\n  param([scriptblock]$Command)\n  & $Command\n}\nF -Command { Get-Date }\n',
    ],
    ['a block in a variable', '$step = { Get-Date }\n& $step\n'],
    [
      'the step handed to the machine behind',
      '$remote = {\n  param([string]$StepText)\n  & ([scriptblock]::Create($StepText))\n}\n& $remote\n',
    ],
    ['a group in a pattern', "$a = [regex]::Match($text, '(?<name>[a-z]+)')\n"],
    ['XML', "$a = '<Query><Select>*</Select></Query>'\n"],
    ['a scope in a text', '$a = "$env:ProgramData\\Gatehouse"\n'],
    ['words about passwords', "$a = 'The password is not long enough.'\n"],
    ['a pattern that hides passwords', "$a = $b -replace '(password|pwd)\\s*=\\s*[^;]*', '$1=***'\n"],
    ['a secret that comes in', '$o = @{ L2tpPsk = $psk }\nAdd-VpnConnection @o\n'],
    [
      'a script of the package',
      "$words = @('-NoProfile', '-File', $p, '-SqlServer', $s, '-DataFile', $d)\n& 'powershell.exe' @words\n$p = 'setup\\Configure-TrustAzureStack.ps1'\n",
    ],
  ])('lets pass: %s', async (_name, text) => {
    expect(await broken(text)).toEqual([]);
  });

  it('says where and in what words Windows would refuse', async () => {
    expect(await checkScript("Get-Date\nGet-Nothing -A 'x'\n")).toEqual([
      {
        line: 2,
        column: 1,
        rule: 'unknown-command',
        message:
          "The term 'Get-Nothing' is not recognized as the name of a cmdlet, function, script file, or operable program.",
      },
    ]);
  });

  it('lets text become code once only', async () => {
    const once = '& ([scriptblock]::Create($StepText))\n';

    expect(await broken(once + once)).toEqual(['2 code-from-text']);
  });
});
