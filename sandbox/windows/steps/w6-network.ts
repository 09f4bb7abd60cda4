import { z } from 'zod';
import { lookAt } from '../connector/network.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, fine } from './connector-step.ts';
import { endpoints } from './w-parameters.ts';

const parameters = z.strictObject({ endpoints });
type Call = BoundCall<typeof parameters>;

/** Names and ports, as this machine sees them. */
export const w6: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: (call) => look(call, false) } }),
  seconds: { probe: 6, apply: 6, verify: 6 },
};

/** The same, and TLS as this machine judges it. */
export const w23: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: (call) => look(call, true) } }),
  seconds: { probe: 6, apply: 6, verify: 6 },
};

function look(call: Call, isTlsWanted: boolean): StepOutcome {
  const { world, machine, nowMs } = call;
  const results = call.parameters.endpoints.map(({ host, port }) =>
    lookAt({ world, machine, host, port, nowMs, isTlsWanted }),
  );
  return fine({ results });
}
