import launcher from './launcher.ps1';
import { findStep } from './remote-steps.ts';
import { stepScripts } from './step-scripts.ts';

const stepMarker = '# Gatehouse: the step goes here\n';

/** What runs on a machine for each step, by step id: the launcher round the step's own script. The same for every request. */
export const composedScripts: ReadonlyMap<string, string> = new Map(
  Object.entries(stepScripts).map(([id, step]) => [id, composeScript(id, step)]),
);

function composeScript(id: string, step: string): string {
  const title = findStep(id)?.title ?? '';
  // A function, because `$` has a meaning in a replacement's text.
  const whole = launcher.replace(stepMarker, () => `$StepId = '${id}'\n$Step = {\n${step}}\n`);
  return `# Gatehouse step ${id}\n# ${title}\n${whole}`;
}
