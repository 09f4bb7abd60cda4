import type { CheckScript, ScriptFinding } from './command-world.ts';

/** As many texts as all steps and the transports' own scripts together, several times over. */
const textsMax = 300;

/** The same check, which reads each text once: the scripts are fixed, and each is sent for every machine and mode. */
export function rememberFindings(checkScript: CheckScript): (text: string) => Promise<readonly ScriptFinding[]> {
  const known = new Map<string, Promise<readonly ScriptFinding[]>>();
  return (text) => {
    const findings = known.get(text) ?? Promise.resolve(checkScript(text));
    if (known.size < textsMax) known.set(text, findings);
    return findings;
  };
}
