/** The script with its variables set. All else of it is fixed text: a value is data to it, whatever it says. */
export function withVariables(script: string, assignments: string): string {
  const heading = '# Settings of this kit.\n';
  const [before, after] = script.split(heading);
  return `${before ?? ''}${heading}${assignments}\n${after ?? ''}`;
}

export function quoteAll(texts: readonly string[]): string {
  return texts.map(quoteShell).join(' ');
}

export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
