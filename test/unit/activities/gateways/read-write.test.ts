import { createReadWrite } from '../../../../src/activities/gateways/read-write.ts';
import { asObject } from '../../../../src/domain/gateway-entries.ts';
import { given } from '../../../support/given.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { aGateway, createServicesWorld } from '../../../support/services-world.ts';

/** How a write of a gateway in this state is read, and what is logged of it. */
async function readIn(provisioningState: string, error?: object) {
  const { arm, stores, now } = await aWorldIn(provisioningState);
  if (error !== undefined) arm.answerNext('readOperationError', error);
  const { log, told } = createRecordingLog();
  const readWrite = createReadWrite({ arm, stores, log, now, thumbprintOfRoot: () => undefined });
  const input = { gatewayId: 'vnet1gw', operationUrl: 'https://arm.test/operations/1', waitedSeconds: 95 };
  return { answer: await readWrite(input), told };
}

async function aWorldIn(provisioningState: string) {
  const world = createServicesWorld();
  const { resourceId } = await aGateway(world);
  const body = given(world.arm.resources.get(resourceId));
  world.arm.resources.set(resourceId, { ...body, properties: { ...asObject(body['properties']), provisioningState } });
  return world;
}

const written = { event: 'gateway.written', target: 'gateways/vnet1gw', seconds: 95 };

describe('src/activities/gateways/read-write', () => {
  it('logs that a write succeeded and how long it took', async () => {
    const { answer, told } = await readIn('Succeeded');

    expect(answer).toEqual({ outcome: 'succeeded' });
    expect(told).toEqual([{ ...written, outcome: 'succeeded' }]);
  });

  it('logs why one failed, in Azure’s own code', async () => {
    const { answer, told } = await readIn('Failed', { code: 'VpnClientRootCertificateInvalid', message: 'words' });

    expect(answer).toMatchObject({
      outcome: 'failed',
      code: 'azureRefused',
      azure: { code: 'VpnClientRootCertificateInvalid' },
    });
    expect(told).toEqual([{ ...written, outcome: 'failed', code: 'VpnClientRootCertificateInvalid' }]);
  });

  it('logs nothing of a write that is still under way', async () => {
    const { answer, told } = await readIn('Updating');

    expect(answer).toMatchObject({ outcome: 'updating' });
    expect(told).toEqual([]);
  });
});
