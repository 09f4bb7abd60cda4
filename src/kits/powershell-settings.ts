export type SettingValue = string | boolean | readonly string[];

/**
 * The script with its empty table filled, and behind that what several scripts share. All else of it is fixed text: a
 * value is data to it, whatever it says.
 */
export function withSettingsTable(script: string, values: Readonly<Record<string, SettingValue>>, shared = ''): string {
  const lines = Object.entries(values).map(([name, value]) => `  ${name} = ${toLiteral(value)}`);
  const [before, after] = script.split('$settings = @{}');
  const more = shared === '' ? '' : `\n\n${shared.trimEnd()}`;
  return `${before ?? ''}$settings = @{\n${lines.join('\n')}\n}${more}${after ?? ''}`;
}

// Between single quotes PowerShell reads nothing but a quote, which is written twice (about_Quoting_Rules). It takes
// the quotes of typographers for the same one (U+2018 to U+201B).
function toLiteral(value: SettingValue): string {
  if (typeof value === 'boolean') return value ? '$true' : '$false';
  if (typeof value === 'string') return `'${value.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`;
  return `@(${value.map(toLiteral).join(', ')})`;
}

export function toWindows(text: string): string {
  return text.replaceAll('\n', '\r\n');
}
