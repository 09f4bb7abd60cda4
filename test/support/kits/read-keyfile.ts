/**
 * Reads a GKeyFile as strictly as its specification allows: every line is a group, a pair, a remark or empty; a group
 * or key twice, an unknown escape or a space outside a value is an error.
 */
export function readKeyfile(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const groups: Record<string, Record<string, string>> = {};
  let group: Record<string, string> | undefined;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const name = /^\[([^[\]]+)\]$/.exec(line)?.[1];
    if (name !== undefined) {
      if (name in groups) throw new Error(`group ${name} twice`);
      group = groups[name] = {};
      continue;
    }
    const [, key, value] = /^([A-Za-z0-9-]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || group === undefined) throw new Error(`no pair: ${line}`);
    if (key in group) throw new Error(`key ${key} twice`);
    group[key] = readValue(value);
  }
  return groups;
}

function readValue(raw: string): string {
  if (raw.trim() !== raw) throw new Error(`spaces outside: ${raw}`);
  return raw.replaceAll(/\\(.?)/g, (_, letter: string) => {
    const meaning = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' }[letter];
    if (meaning === undefined) throw new Error(`unknown escape \\${letter}`);
    return meaning;
  });
}
