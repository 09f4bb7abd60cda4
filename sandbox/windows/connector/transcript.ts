import type { TranscriptVariant } from './state.ts';

/**
 * The lines that the privileged endpoint shows while Add-AzurePackConnector runs, as a job's verbose stream has them.
 * Only the Success line is attested (seed 001); a script that keeps to it stops there, since the polling loop after it
 * has no effect.
 */
export function transcriptLines(variant: TranscriptVariant): readonly string[] {
  const begun = [
    line('Configure Azure Pack Connector', 'InProgress'),
    line('Configure Azure Pack Connector', 'InProgress'),
  ];
  switch (variant) {
    case 'success':
      return [...begun, line('Configure Azure Pack Connector', 'Success')];
    case 'error':
      return [...begun, line('Configure Azure Pack Connector', 'Error')];
    case 'unknownWords':
      return [
        ...begun,
        line('Configure Azure Pack Connector', 'Quiescing'),
        line('Update the portal', 'Success'),
        "Step 'Configure Azure Pack Connector' is nearly a Success",
        line('Configure Azure Pack Connector', 'Success'),
      ];
    case 'silent':
    case 'brokenBeforeSuccess':
      return begun;
  }
}

/** How long the loop goes on after Success where nobody stops it. */
const lingerSeconds = 300;

/** Seconds that a script waits for nothing: it neither stops the job nor leaves at Success. */
export function lingeringSeconds(script: string): number {
  return /\bStop-Job\b/i.test(script) ? 0 : lingerSeconds;
}

function line(step: string, status: string): string {
  return `VERBOSE: Step '${step}' status: '${status}'`;
}
