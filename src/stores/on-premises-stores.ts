import type { Tables } from '../ports/tables.ts';
import {
  connectorKeys,
  connectorKind,
  type ConnectorRecord,
  machineKind,
  type MachineRecord,
  stackKeys,
  stackKind,
  type StackRecord,
  vpnUserKind,
  type VpnUserRecord,
} from './records/on-premises.ts';
import { createStore, type Store } from './store.ts';

/** The stores of everything that Gatehouse knows of machines and what runs on them. */
export interface OnPremisesStores {
  readonly machines: Store<MachineRecord>;
  readonly stacks: Store<StackRecord>;
  readonly vpnUsers: Store<VpnUserRecord>;
  readonly connectors: Store<ConnectorRecord>;
}

export function createOnPremisesStores(tables: Tables): OnPremisesStores {
  return {
    machines: createStore(tables, machineKind),
    stacks: createStore(tables, stackKind),
    vpnUsers: createStore(tables, vpnUserKind),
    connectors: createStore(tables, connectorKind),
  };
}

/**
 * The state of a stack's root certificate or of a cloud's token-signing certificate, for the expiry watch: undefined
 * when its subject is gone, `superseded` when that has another certificate by now.
 */
export function createDescribeOnPremises(
  stores: OnPremisesStores,
): (kind: 'stack-certificate' | 'signing-certificate', id: string) => Promise<{ readonly state: string } | undefined> {
  return async (kind, id) => {
    const [owner = '', ...rest] = id.split('.');
    const thumbprint = rest.at(-1);
    if (kind === 'stack-certificate') {
      const certificate = (await stores.stacks.get(stackKeys(owner)))?.record.vpnAccess?.certificate;
      return certificate && { state: certificate.thumbprint === thumbprint ? 'issued' : 'superseded' };
    }
    const connector = (await stores.connectors.get(connectorKeys(owner)))?.record;
    const file = connector?.files.find(({ cloud }) => cloud === rest[0]);
    return file && { state: file.signingThumbprint === thumbprint ? 'issued' : 'superseded' };
  };
}
