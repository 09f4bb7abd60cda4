import { parseScript } from '../../../../sandbox/windows/powershell/parse.ts';

describe('sandbox/windows/powershell/parse', () => {
  it('reads the param block with types, attributes and defaults left out', async () => {
    const text = `param(
  [Parameter(Mandatory = $true)]
  [ValidateSet('probe', 'it''s')]
  [string]$Mode,
  [psobject[]]$Items = @(),
  $Plain
)
Get-Date`;

    expect((await parseScript(text)).paramBlock).toEqual([
      {
        name: 'Mode',
        type: 'string',
        attributes: [
          { name: 'Parameter', arguments: ['Mandatory = $true'] },
          { name: 'ValidateSet', arguments: ['probe', "it's"] },
        ],
        line: 2,
      },
      { name: 'Items', type: 'psobject[]', attributes: [], line: 5 },
      { name: 'Plain', type: undefined, attributes: [], line: 6 },
    ]);
  });

  it.each([
    ['an unclosed brace', 'if ($a) {\n  Get-Date\n'],
    ['an unclosed quote', "$a = 'x\n"],
    ['an unclosed parenthesis', '$a = (Get-Date\n$b = 1\n'],
    ['a comma with nothing behind it', '$a = @(1, 2,)\n'],
    ['what only a later PowerShell knows', 'Get-Date && Get-Date\n'],
    ['a missing operand', 'if ($a -eq ) { 1 }\n'],
  ])('says where %s is', async (_name, text) => {
    const { errors } = await parseScript(text);

    expect(errors).not.toHaveLength(0);
    expect(errors[0]).toMatchObject({ line: expect.any(Number) as number, column: expect.any(Number) as number });
  });

  it.each([
    ['a table', `$o = @{ Name = 'x'; L2tpPsk = $Psk }\nGet-X @o`, ['Name', 'L2tpPsk']],
    ['an ordered one with quoted keys', `$o = [ordered]@{ 'A' = 1 }\nGet-X @o`, ['A']],
    ['keys added later', `$o = @{}\n$o['A'] = 1\n$o.B = 2\n$o += @{ C = 3 }\nGet-X @o`, ['A', 'B', 'C']],
    ['a sum of tables', `$p = @{ A = 1 }\n$o = $p + @{ B = 2 }\nGet-X @o`, ['A', 'B']],
    ['a copy', `$p = @{ A = 1 }\n$o = $p.Clone()\nGet-X @o`, ['A']],
    ['two tables and what is written', `$o = @{ A = 1 }\n$p = @{ B = 1 }\nGet-X -C 1 @o @p`, ['C', 'A', 'B']],
    ['the latest table of that name', `$o = @{ A = 1 }\nGet-Y @o\n$o = @{ B = 1 }\nGet-X @o`, ['B']],
    ['either branch', `if ($a) { $o = @{ A = 1 } } else { $o = @{ B = 1 } }\nGet-X @o`, ['A', 'B']],
    ['what a branch may add', `$o = @{ A = 1 }\nif ($a) {\n  $o.B = 2\n}\nGet-X @o`, ['A', 'B']],
    [
      'what a clause of a switch may add',
      `$o = @{ A = 1 }\nswitch ($a) {\n  'x' { $o.B = 2 }\n}\nGet-X @o`,
      ['A', 'B'],
    ],
    ['what was there when try broke', `$o = @{ A = 1 }\ntry { $o.B = 2 } catch { Get-X @o }`, ['A', 'B']],
    ['a table that stands below the function', `function F {\n  Get-X @o\n}\n$o = @{ A = 1 }\nF`, ['A']],
    ['a block for another machine', `Invoke-Command -ScriptBlock { Get-X -A $using:b }`, ['A']],
  ])('counts as parameters of a command: %s', async (_name, text, expected) => {
    const { commands, errors } = await parseScript(text);
    const command = commands.find(({ name }) => name === 'Get-X');

    expect(errors).toEqual([]);
    expect(command).toMatchObject({ parameters: expected, isOpen: false });
  });

  it.each([
    ['a parameter', 'param([hashtable]$o)\nGet-X @o'],
    ['what a command answers', '$o = Get-Options\nGet-X @o'],
    ['a key that is computed', '$o = @{}\n$o[$name] = 1\nGet-X @o'],
  ])('says that it cannot see all of a table: %s', async (_name, text) => {
    const { commands } = await parseScript(text);

    expect(commands.find(({ name }) => name === 'Get-X')?.isOpen).toBe(true);
  });

  it('reads names that are quoted, called or computed', async () => {
    const text = `& 'netsh' 'ras' 'show' $what 2>&1\n& netsh.exe 'ras'\n& $path -A 1\n. "$folder\\x.ps1"\n.\\y.ps1`;

    expect((await parseScript(text)).commands.map(({ name, words }) => [name, words])).toEqual([
      ['netsh', ['ras', 'show', undefined]],
      ['netsh.exe', ['ras']],
      [undefined, ['-A', '1']],
      [undefined, []],
      ['.\\y.ps1', []],
    ]);
  });

  it('reads tries, calls, strings, variables, functions and comments', async () => {
    const text = `# first
function Get-It {
  param([int]$Count)
  return $Count
}
try { Get-It -Count 1 } finally { $x = [IO.File]::ReadAllText("a$b") }
$y = $using:clouds
`;
    const script = await parseScript(text);

    expect(script.tries).toEqual([{ hasCatch: false, hasFinally: true, line: 6 }]);
    expect(script.calls).toEqual([{ text: '[IO.File]::ReadAllText("a$b")', line: 6 }]);
    expect(script.strings).toEqual([{ kind: 'expandable', text: 'a$b', line: 6 }]);
    expect(script.variables).toEqual(['count', 'x', 'b', 'y', 'using:clouds']);
    expect(script.functions).toEqual([
      { name: 'Get-It', parameters: [{ name: 'Count', type: 'int', attributes: [], line: 3 }], line: 2 },
    ]);
    expect(script.comments).toEqual([{ text: '# first', line: 1 }]);
    expect(script.paramBlock).toBeUndefined();
  });
});
