import { createServer } from 'node:http';
import { createConnectorActivities } from '../../../../src/activities/on-premises/connector-activities.ts';
import { createSendWebhook, type SendWebhookOptions } from '../../../../src/azure/send-webhook.ts';
import { connectorRequestSchema } from '../../../../src/domain/connector-request.ts';
import { createExpiries } from '../../../../src/services/operations/expiries.ts';
import { createSetAsideSecrets } from '../../../../src/services/requests/set-aside-secrets.ts';
import {
  aConnectorBody,
  asked,
  aStack,
  connectorMachines,
  createOnPremisesServices,
} from '../../../support/on-premises-services.ts';

const secretName = 'drain-hook-1';
const order = { connectorId: 'wap', cloud: 'AzurePack_1', machineId: 'api-1', action: 'drain' } as const;

/** A connector whose cloud is drained by the address in a secret, and a hook that is called as in production. */
async function callHook(url: string, addresses: readonly string[]) {
  const services = createOnPremisesServices();
  await aStack(services);
  await connectorMachines(services);
  await services.secrets.set(secretName, url);
  const request = connectorRequestSchema.parse(aConnectorBody({}, { drain: { hookSecret: secretName } }));
  await services.connectors.connect(request, asked(services, 'connect'));
  const lookup = ((_host, _options, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  }) as NonNullable<SendWebhookOptions['lookup']>;
  const send = createSendWebhook({ allowedHosts: [], lookup });
  const secrets = createSetAsideSecrets(services.secrets);
  const expiries = createExpiries({ tables: services.tables });
  return createConnectorActivities({ ...services, secrets, expiries, send }).callDrainHook(order);
}

describe('src/activities, the hook of a load balancer', () => {
  it.each(['10.0.0.5', '169.254.169.254', '127.0.0.1'])('is not called at %s', async (address) => {
    const answer = await callHook(`https://${address}/secret-path`, []);

    expect(answer).toMatchObject({ outcome: 'refused', code: 'precondition' });
    expect(JSON.stringify(answer)).not.toContain('secret-path');
  });

  it('is not called under a name that resolves to a private address, though somebody listens there', async () => {
    let calls = 0;
    const server = createServer(() => {
      calls += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };

    const answer = await callHook(`https://hooks.contoso.com:${port}/secret-path`, ['127.0.0.1']);

    await new Promise((resolve) => server.close(resolve));
    expect(answer).toEqual({
      outcome: 'refused',
      code: 'precondition',
      message: 'The hook is not called. The name resolves to a private address.',
    });
    expect(calls).toBe(0);
  });
});
