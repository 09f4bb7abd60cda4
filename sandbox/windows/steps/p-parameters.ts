import { z } from 'zod';
import type { RemoteAccess } from '../machine/remote-access.ts';
import type { StepOutcome, WindowsMachine } from '../world/records.ts';
import { refused } from './connector-step.ts';

// The forms that the scripts' own validation attributes let through.
export const nicAlias = z.string().regex(/^[^"\p{Cc}]{1,256}$/u);
export const ipv4 = z.string().regex(/^\d{1,3}(\.\d{1,3}){3}$/);
/** At most the twenty characters of a SAM account name. */
export const localUserName = z.string().regex(/^(?!.*\.$)[A-Za-z0-9._-]{1,20}$/);

interface HasMachine {
  readonly machine: WindowsMachine;
}

/**
 * Does something with the machine's Routing and Remote Access, or answers as a machine does whose module is not there.
 */
export function withRemoteAccess<C extends HasMachine>(
  act: (call: C, remoteAccess: RemoteAccess) => StepOutcome,
): (call: C) => StepOutcome {
  return (call) => {
    const { remoteAccess } = call.machine;
    if (remoteAccess === undefined) {
      return refused('ToolFailed', "The term 'Install-RemoteAccess' is not recognized as the name of a cmdlet.");
    }
    return act(call, remoteAccess);
  };
}
