import { findRemoteStep } from '../contracts/on-premises/step-table.ts';
import launcher from './launcher.ps1';
import { stepScripts } from './step-scripts.ts';

/** Where the launcher stands in for a step. */
const stepPlace = /^# The step's own script .*\n\$StepId = .*\n\$Step = .*\n/m;

/** What runs on a machine, by step id: the launcher round the step's own script. ASCII, the same for every request. */
export const composedScripts: ReadonlyMap<string, string> = new Map(
  Object.entries(stepScripts).map(([id, step]) => [id, composeScript(id, step)]),
);

function composeScript(id: string, step: string): string {
  const title = findRemoteStep(id)?.title ?? '';
  // A function, because `$` has a meaning in a replacement's text.
  const whole = launcher.replace(stepPlace, () => `$StepId = '${id}'\n$Step = {\n${step}}\n`);
  return `# Gatehouse step ${id}\n# ${title}\n${whole}`;
}

const askedPlace = "  [Parameter(Mandatory = $true)]\n  [ValidatePattern('^[A-Za-z0-9_-]+$')]\n  [string]$Invocation\n";

/**
 * The script of a step with what is asked in it, for a person whose command line would be too long for it. The
 * invocation is letters, digits, "_" and "-" alone, so that it is a text and nothing else. Throws for one that is not.
 */
export function scriptWithInvocation(script: string, invocation: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(invocation)) throw new Error('The invocation is no base64url.');
  const whole = script.replace(askedPlace, () => `  [string]$Invocation = '${invocation}'\n`);
  if (whole === script) throw new Error('The script does not ask for its invocation where it is expected to.');
  return whole;
}
