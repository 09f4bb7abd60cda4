import { createConnectorActivities } from '../../../../src/activities/on-premises/connector-activities.ts';
import { createExpiries } from '../../../../src/services/operations/expiries.ts';
import { createSetAsideSecrets } from '../../../../src/services/requests/set-aside-secrets.ts';
import {
  aConnectorRequest,
  asked,
  aStack,
  connectorMachines,
  createOnPremisesServices,
} from '../../../support/on-premises-services.ts';

async function aConnector() {
  const services = createOnPremisesServices();
  await aStack(services);
  await connectorMachines(services);
  await services.connectors.connect(aConnectorRequest(), asked(services, 'connect'));
  const { noteConnector } = createConnectorActivities({
    ...services,
    secrets: createSetAsideSecrets(services.secrets),
    expiries: createExpiries({ tables: services.tables }),
    send: () => Promise.reject(new Error('Nothing is sent.')),
  });
  return {
    note: (note: object) => noteConnector({ connectorId: 'wap', ...note }),
    plan: () => services.connectors.plan('wap'),
  };
}

describe('src/activities, what is noted of a trust', () => {
  it('is tried, then established, then neither, and each once however often it is noted', async () => {
    const { note, plan } = await aConnector();
    expect(await plan()).toMatchObject({ plan: { trustAttemptedClouds: [], trustedClouds: [] } });

    await note({ trustAttempted: 'AzurePack_1' });
    await note({ trustAttempted: 'AzurePack_1' });
    expect(await plan()).toMatchObject({ plan: { trustAttemptedClouds: ['AzurePack_1'], trustedClouds: [] } });

    await note({ trustedCloud: 'AzurePack_1' });
    await note({ trustedCloud: 'AzurePack_1' });
    await note({ warnings: [] });
    expect(await plan()).toMatchObject({
      plan: { trustAttemptedClouds: ['AzurePack_1'], trustedClouds: ['AzurePack_1'] },
    });

    await note({ untrustedCloud: 'AzurePack_1' });
    await note({ untrustedCloud: 'AzurePack_1' });
    expect(await plan()).toMatchObject({ plan: { trustAttemptedClouds: [], trustedClouds: [] } });
  });
});
