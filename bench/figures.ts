/** One number of a run. Absolute numbers say something about this machine only; ratios are for comparing. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `x` for a ratio, `%` for a share, else the unit of an absolute number. */
  readonly unit: string;
  /** What is aimed at, in words, where something is. */
  readonly target?: string;
}

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

/** The middle of what was measured, the mean of the two middle ones of an even number. Throws on nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new Error('Nothing was measured.');
  return (lower + upper) / 2;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The sections as a table of plain text. */
export function toTable(sections: readonly Section[]): string {
  return sections
    .map(({ title, figures }) => {
      const width = Math.max(...figures.map(({ name }) => name.length));
      return [title, ...figures.map((figure) => `  ${toLine(figure, width)}`)].join('\n');
    })
    .join('\n\n');
}

function toLine({ name, value, unit, target }: Figure, width: number): string {
  const line = `${name.padEnd(width)}  ${toText(value).padStart(9)} ${unit}`;
  return target === undefined ? line : `${line.padEnd(width + 22)}  target ${target}`;
}

/** Three digits that count; more would be noise. */
function toText(value: number): string {
  const magnitude = Math.abs(value);
  if (Number.isInteger(value) || magnitude >= 100) return value.toFixed(0);
  return value.toFixed(magnitude >= 10 ? 1 : 2);
}
