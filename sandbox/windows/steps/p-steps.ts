import type { StepEmulator } from '../world/records.ts';
import { c1, c2 } from './c-machine.ts';
import { p1 } from './p1-reach-natvm.ts';
import { p2, p13 } from './p2-adapters.ts';
import { p3 } from './p3-settings-before.ts';
import { p4, p5 } from './p4-roles.ts';
import { p6, p7, p8, p10 } from './p6-service.ts';
import { p11, p12, p14 } from './p11-openings.ts';
import { p15, p15d, p15r } from './p15-users.ts';
import { p16, p17, p21 } from './p16-root-certificate.ts';

/** What belongs to no procedure, by the step's number. */
export const commonEmulators: Readonly<Record<string, StepEmulator>> = { C1: c1, C2: c2 };

/** What shares VPN access to a stack, by the step's number. */
export const vpnAccessEmulators: Readonly<Record<string, StepEmulator>> = {
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
};
