import { connectorSteps } from '../../../../src/contracts/on-premises/connector-steps.ts';
import { vpnAccessSteps } from '../../../../src/contracts/on-premises/vpn-access-steps.ts';
import type { Procedure } from '../../../../src/orchestrations/on-premises/procedure.ts';
import { on } from '../../../../src/orchestrations/on-premises/step-request.ts';

const nat = on('nat');

/** Never called: the compiler refuses the file where one of these lines is no mistake any more. */
export function* mistakes(procedure: Procedure) {
  // @ts-expect-error -- the parameter is called externalNic
  nat(vpnAccessSteps.openFirewall, { externalNick: 'External' });
  // @ts-expect-error -- a parameter is missing
  nat(vpnAccessSteps.installVpnRole, { addressFrom: '10.0.0.1' });
  // @ts-expect-error -- a parameter of another type
  nat(vpnAccessSteps.setSharedKey, { keyIsCurrent: 'yes' }, { secrets: { sharedKey: 'l2tp-key-a' } });
  // @ts-expect-error -- the step takes a secret
  nat(vpnAccessSteps.setSharedKey, { keyIsCurrent: true });
  // @ts-expect-error -- the secret is called sharedKey
  nat(vpnAccessSteps.setSharedKey, { keyIsCurrent: true }, { secrets: { key: 'l2tp-key-a' } });
  // @ts-expect-error -- the step takes no secret
  nat(vpnAccessSteps.setRouterType, {}, { secrets: { sharedKey: 'l2tp-key-a' } });
  // @ts-expect-error -- the step runs as nobody else
  nat(vpnAccessSteps.setRouterType, {}, { runAs: 'account-a' });
  const shared = { share: '\\\\server\\share', fileName: 'a.txt', sha256: '0'.repeat(64) };
  // @ts-expect-error -- the step's secret fact has to be kept somewhere
  nat(connectorSteps.collectDataFile, shared, { secrets: { shareCredential: 'account-a' } });

  const adapters = yield* procedure.run(nat(vpnAccessSteps.findAdapters, { internalAddress: '10.0.0.1' }));
  // @ts-expect-error -- the fact is called internalNic
  adapters.fact('internalNick');
  // @ts-expect-error -- the fact is a text
  const count: number = adapters.fact('internalNic');
  return count;
}

describe('src/orchestrations/on-premises/step-request', () => {
  it('asks for a step on a machine with what its contract names, and says where only if it is told', () => {
    const secrets = { sharedKey: 'l2tp-key-a' };

    expect(on('nat', 'here')(vpnAccessSteps.setSharedKey, { keyIsCurrent: true }, { secrets })).toEqual({
      step: vpnAccessSteps.setSharedKey,
      machineId: 'nat',
      where: 'here',
      parameters: { keyIsCurrent: true },
      secrets,
    });
    expect(nat(vpnAccessSteps.setRouterType, {})).not.toHaveProperty('where');
  });
});
