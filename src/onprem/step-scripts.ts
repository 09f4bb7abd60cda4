import { connectorScripts } from './connector-scripts.ts';
import c1 from './scripts/c1-check-the-machine.ps1';
import c2 from './scripts/c2-restart-the-machine.ps1';
import p1 from './scripts/p1-reach-the-natvm-from-the-host.ps1';
import p4 from './scripts/p4-install-the-vpn-role.ps1';

/**
 * The scripts of all steps, by step id. Each is the body of a script block: a param block with `Mode`, the parameters and the
 * secrets of the step's contract, and one returned table `{ ok, changed, code, facts, message }`.
 */
export const stepScripts: Readonly<Record<string, string>> = {
  C1: c1,
  C2: c2,
  P1: p1,
  P4: p4,
  ...connectorScripts,
};
