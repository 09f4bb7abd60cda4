import { Presets, SingleBar } from 'cli-progress';

const unitsPerStep = 100;

/** Shows which step of how many is done, and how far a long one has come. */
export interface Progress {
  /** Begins the next step. */
  step(name: string): void;
  /** How far the present step is, 0 to 100, and what it does. */
  within(percent: number, detail: string): void;
  end(): void;
}

/** A bar on a terminal; elsewhere one line for each step, which a log keeps well. */
export function createProgress(stepsTotal: number): Progress {
  return process.stdout.isTTY ? createBar(stepsTotal) : createLines(stepsTotal);
}

function createBar(stepsTotal: number): Progress {
  const bar = new SingleBar(
    { format: ' {bar} {percentage}% | {step}', hideCursor: true, clearOnComplete: false, barsize: 24, linewrap: false },
    Presets.shades_classic,
  );
  bar.start(stepsTotal * unitsPerStep, 0, { step: '' });
  let step = 0;
  let current = '';
  return {
    step: (name) => {
      step += 1;
      current = name;
      bar.update((step - 1) * unitsPerStep, { step: `${step}/${stepsTotal} ${name}` });
    },
    within: (percent, detail) => {
      bar.update((step - 1) * unitsPerStep + percent, { step: `${step}/${stepsTotal} ${current}: ${detail}` });
    },
    end: () => {
      if (step === stepsTotal) bar.update(stepsTotal * unitsPerStep, { step: 'done' });
      bar.stop();
    },
  };
}

function createLines(stepsTotal: number): Progress {
  let step = 0;
  let last = '';
  return {
    step: (name) => {
      step += 1;
      console.log(`[${step}/${stepsTotal}] ${name}`);
    },
    within: (_percent, detail) => {
      if (detail !== last) console.log(`      ${detail}`);
      last = detail;
    },
    end: () => undefined,
  };
}
