import { z } from 'zod';
import type { Nic } from '../machine/model.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, fine, refused } from './connector-step.ts';
import { nicAlias } from './p-parameters.ts';

const searched = z.strictObject({ internalAddress: z.string().regex(/^\d{1,3}(\.\d{1,3}){3}$/) });
const named = z.strictObject({ externalNic: nicAlias });

export const p2: StepEmulator = {
  perform: bindStep({ parameters: searched, modes: { probe: findAdapters } }),
  seconds: { probe: 5, apply: 5, verify: 5 },
};

export const p13: StepEmulator = {
  perform: bindStep({ parameters: named, modes: { probe: readAddress } }),
  seconds: { probe: 4, apply: 4, verify: 4 },
};

/** The external adapter is the only other one with a default gateway: all others is not good enough with three. */
function findAdapters({ machine, parameters }: BoundCall<typeof searched>): StepOutcome {
  const nics = machine.nics.filter((nic) => !gaveItselfAnAddress(nic));
  const internal = nics.filter(({ address }) => address === parameters.internalAddress);
  const [inside] = internal;
  if (inside === undefined || internal.length !== 1) {
    return refused('Precondition', `No adapter has the address ${parameters.internalAddress}.`);
  }
  const outward = nics.filter((nic) => nic !== inside && nic.gateway !== undefined);
  const [outside] = outward;
  if (outside === undefined || outward.length !== 1) {
    const found = outward.map(({ alias }) => alias).join(', ');
    return refused(
      'Precondition',
      `Exactly one other adapter must have a default gateway and an address; found: ${found}.`,
    );
  }
  return fine({
    internalNic: inside.alias,
    externalNic: outside.alias,
    externalAddress: outside.address,
    dnsServers: inside.dnsServers,
  });
}

function readAddress({ machine, parameters }: BoundCall<typeof named>): StepOutcome {
  const nic = machine.nics.find((each) => each.alias === parameters.externalNic && !gaveItselfAnAddress(each));
  if (nic === undefined) {
    return refused('Precondition', 'The external adapter has no address, or there is no such adapter.');
  }
  return fine({ serverAddress: nic.address });
}

/** RFC 3927: an adapter that found no DHCP server. */
function gaveItselfAnAddress({ address }: Nic): boolean {
  return address.startsWith('169.254.');
}
