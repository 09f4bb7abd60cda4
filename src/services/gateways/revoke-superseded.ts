import type { Orchestrations } from '../../ports/orchestrations.ts';
import { sha256Hex } from '../../stores/digest.ts';
import { certificateKeys, type Supersession, supersessionPartition } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Audit } from '../requests/audit.ts';
import { noteOwnAct } from '../requests/own-acts.ts';
import { isExpired } from './desired-entries.ts';
import type { Revocations } from './revocations.ts';

export interface RevokeSupersededOptions {
  readonly stores: Pick<Stores, 'certificates' | 'supersessions'>;
  readonly revocations: Pick<Revocations, 'revoke'>;
  readonly audit: Pick<Audit, 'write'>;
  readonly orchestrations: Orchestrations;
  /** Told of each one that could not be revoked this time; the others are. */
  readonly onFault: (what: string, error: unknown) => void;
  readonly now: () => Date;
}

/** Revokes each certificate whose place another has taken, once its time of grace is over. Answers how many. */
export async function revokeSuperseded(options: RevokeSupersededOptions): Promise<number> {
  const { stores, now } = options;
  const at = now().toISOString();
  let revoked = 0;
  for (const { record } of await stores.supersessions.list(supersessionPartition)) {
    if (record.revokeAt > at) continue;
    try {
      if (await revokeOne(options, record)) revoked += 1;
      // Last: after a crash before it, the same operation goes on.
      await stores.supersessions.remove(record);
    } catch (error) {
      options.onFault(`superseded certificate ${record.thumbprint}`, error);
    }
  }
  return revoked;
}

async function revokeOne(
  options: RevokeSupersededOptions,
  { serialNumber, thumbprint, requestedBy }: Supersession,
): Promise<boolean> {
  const { stores, revocations, orchestrations, now } = options;
  const operationId = `op-${sha256Hex(`superseded/${serialNumber}`).slice(0, 32)}`;
  const certificate = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
  // Out already, for another reason or by its own end; still `issued` is one whose successor a crash has kept from
  // taking its place.
  if (certificate === undefined || isExpired(certificate, now())) return false;
  if (certificate.state === 'revoked' && certificate.revocationReason !== 'superseded') return false;
  const asked = { reason: 'superseded', urgency: 'window' } as const;
  await revocations.revoke(thumbprint, asked, { operationId, requestedBy, orchestrations });
  const target = {
    thumbprint,
    ...(certificate.superseded === undefined ? {} : { by: certificate.superseded.thumbprint }),
  };
  await noteOwnAct(options, { key: operationId, action: 'watch.supersededRevoked', target, operationId });
  return true;
}
