import { createConnectorActivities } from '../../../../src/activities/on-premises/connector-activities.ts';
import { createExpiries } from '../../../../src/services/operations/expiries.ts';
import { createSetAsideSecrets } from '../../../../src/services/requests/set-aside-secrets.ts';
import {
  aConnectorRequest,
  aStack,
  asked,
  connectorMachines,
  createOnPremisesDesk,
} from '../../../support/on-premises-services.ts';

async function aConnector() {
  const desk = createOnPremisesDesk();
  await aStack(desk);
  await connectorMachines(desk);
  await desk.connectors.connect(aConnectorRequest(), asked(desk, 'connect'));
  const { noteConnector } = createConnectorActivities({
    ...desk,
    secrets: createSetAsideSecrets(desk.secrets),
    expiries: createExpiries({ tables: desk.tables }),
    send: () => Promise.reject(new Error('Nothing is sent.')),
  });
  return {
    note: (note: object) => noteConnector({ connectorId: 'wap', ...note }),
    plan: () => desk.connectors.plan('wap'),
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
