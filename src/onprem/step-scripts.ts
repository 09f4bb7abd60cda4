import { connectorScripts } from './connector-scripts.ts';
import { withPreludes } from './preludes.ts';
import c1 from './scripts/c1-check-the-machine.ps1';
import c2 from './scripts/c2-restart-the-machine.ps1';
import p1 from './scripts/p1-reach-the-natvm-from-the-host.ps1';
import p2 from './scripts/p2-find-the-network-adapters.ps1';
import p3 from './scripts/p3-keep-the-settings-from-before.ps1';
import p4 from './scripts/p4-install-the-vpn-role.ps1';
import p5 from './scripts/p5-install-the-site-to-site-role.ps1';
import p6 from './scripts/p6-restart-routing-and-remote-access.ps1';
import p7 from './scripts/p7-set-the-shared-key.ps1';
import p8 from './scripts/p8-set-the-router-type.ps1';
import p10 from './scripts/p10-prefer-the-internal-adapter.ps1';
import p11 from './scripts/p11-restore-address-translation.ps1';
import p12 from './scripts/p12-allow-remote-access-in-the-network-policy.ps1';
import p13 from './scripts/p13-read-the-public-address.ps1';
import p14 from './scripts/p14-open-the-firewall-for-l2tp.ps1';
import p15 from './scripts/p15-let-a-user-in.ps1';
import p15d from './scripts/p15d-disable-a-user.ps1';
import p15r from './scripts/p15r-remove-a-user.ps1';
import p16 from './scripts/p16-find-the-root-certificate.ps1';
import p17 from './scripts/p17-export-the-root-certificate.ps1';
import p21 from './scripts/p21-look-whether-the-portal-answers.ps1';

/** The scripts of all steps as they are written, by step id. */
const written: Readonly<Record<string, string>> = {
  C1: c1,
  C2: c2,
  P1: p1,
  P2: p2,
  P3: p3,
  P4: p4,
  P5: p5,
  P6: p6,
  P7: p7,
  P8: p8,
  P10: p10,
  P11: p11,
  P12: p12,
  P13: p13,
  P14: p14,
  P15: p15,
  P15D: p15d,
  P15R: p15r,
  P16: p16,
  P17: p17,
  P21: p21,
  ...connectorScripts,
};

/**
 * The scripts of all steps, by step id, with their preludes. Each is the body of a script block: a param block with
 * `Mode`, the parameters and the secrets of the step's contract, and one returned table `{ ok, changed, code, facts,
 * message }`.
 */
export const stepScripts: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(written).map(([id, script]) => [id, withPreludes(script)]),
);
