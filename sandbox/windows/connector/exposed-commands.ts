/**
 * What the session configuration shows: the usual commands of a restricted session, and those of the stamp's operators.
 */
const exposed = new Set(
  [
    'Clear-Host',
    'Exit-PSSession',
    'Get-Command',
    'Get-FormatData',
    'Get-Help',
    'Measure-Object',
    'Out-Default',
    'Select-Object',
    'Add-AzurePackConnector',
    'Close-PrivilegedEndpoint',
    'Get-AzureStackLog',
  ].map((name) => name.toLowerCase()),
);

/**
 * What the privileged endpoint says of the blocks that a script sends there: it runs pipelines of exposed cmdlets and
 * no language. Values come in by `$using:`. Undefined where it takes them all.
 */
export function refusalOfBlocks(script: string): string | undefined {
  const blocks = [...script.matchAll(/\bScriptBlock\s*=\s*\{([^{}]*)(\{?)/gi)];
  for (const [, block = '', nested] of blocks) {
    if (nested !== '' || isLanguage(block)) {
      return 'The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode. (ScriptsNotAllowed)';
    }
    const unknown = namesIn(block).find((name) => !exposed.has(name.toLowerCase()));
    if (unknown !== undefined) return `The term '${unknown}' is not recognized as the name of a cmdlet, function.`;
  }
  return undefined;
}

/** Variables of its own, assignments, calls, groups. */
function isLanguage(block: string): boolean {
  return /\$(?!using:\w+(?![\w.[]))|[=()[\]]|&|\bif\b|\btry\b|\bforeach\b/i.test(block);
}

function namesIn(block: string): string[] {
  return block
    .split(/[|;\n]/)
    .map((element) => element.trim().split(/\s+/)[0] ?? '')
    .filter((name) => name !== '');
}
