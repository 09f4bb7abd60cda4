import type * as references from '../../contracts/on-premises/vpn-access.ts';
import type { VpnUserIntent } from '../../contracts/on-premises/vpn-access.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import type { Refusal } from '../../domain/failure.ts';
import { readCertificate } from '../../pki/read-certificate.ts';
import type { VpnAccess } from '../../services/on-premises/vpn-access.ts';
import type { Expiries } from '../../services/operations/expiries.ts';
import { contextOf } from '../../services/operations/operation-context.ts';
import type { Operations } from '../../services/operations/operations.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { stackKeys, type StackRecord, vpnUserKeys } from '../../stores/records/on-premises.ts';

type VpnAccessActivities = ActivitiesOf<
  Pick<
    typeof references,
    'readVpnAccessPlan' | 'readVpnUserIntent' | 'noteVpnServer' | 'noteVpnUser' | 'keepStackCertificate'
  >
>;

/** What the VPN procedures read from the stores and note in them. */
export function createVpnAccessActivities({
  stores,
  operations,
  vpnAccess,
  expiries,
  now,
}: {
  readonly stores: OnPremisesStores;
  readonly operations: Pick<Operations, 'get'>;
  readonly vpnAccess: Pick<VpnAccess, 'plan'>;
  readonly expiries: Pick<Expiries, 'put'>;
  readonly now: () => Date;
}): VpnAccessActivities {
  async function note(stackId: string, change: Partial<NonNullable<StackRecord['vpnAccess']>>): Promise<void> {
    await stores.stacks.update(stackKeys(stackId), (stack) =>
      stack.vpnAccess === undefined
        ? undefined
        : { ...stack, vpnAccess: { ...stack.vpnAccess, ...change }, updatedAt: now().toISOString() },
    );
  }

  return {
    readVpnAccessPlan: ({ stackId }) => vpnAccess.plan(stackId),

    readVpnUserIntent: async ({ operationId }) => {
      const operation = await operations.get(operationId);
      if (operation === undefined) throw new Error(`There is no operation ${operationId}.`);
      return contextOf(operation).intent as VpnUserIntent;
    },

    noteVpnServer: async ({ stackId, ...facts }) => {
      await note(stackId, facts);
      return null;
    },

    noteVpnUser: async ({ stackId, name, state }) => {
      await stores.vpnUsers.update(vpnUserKeys(stackId, name), (user) => ({
        ...user,
        state,
        updatedAt: now().toISOString(),
      }));
      return null;
    },

    keepStackCertificate: async ({ stackId, thumbprint, store, certificate }) => {
      const reading = readCertificate(certificate);
      if (!reading.ok) return refused('The exported file is no certificate.');
      const { thumbprint: found, notAfter: end, subject } = reading.certificate;
      if (found !== thumbprint) {
        return refused(`The exported certificate is ${found}, and ${thumbprint} was asked for.`);
      }
      if (end.getTime() <= now().getTime()) return refused(`The root certificate expired on ${end.toISOString()}.`);
      const notAfter = end.toISOString();
      await note(stackId, { certificate: { thumbprint, store, der: certificate, subject: subject.text, notAfter } });
      await expiries.put({
        kind: 'stack-certificate',
        id: `${stackId}.${thumbprint}`,
        notAfter,
        subject: subject.text,
      });
      return { outcome: 'kept', notAfter };
    },
  };
}

function refused(message: string): Refusal {
  return { outcome: 'refused', code: 'verifyFailed', message };
}
