/**
 * Two hundred gateways by the real clients against the emulator's token buckets: by the clock, so that no machine is
 * too fast or too slow. They are still being made, which is enough to read them.
 */
import { createArmInventory } from '../../../src/azure/arm-inventory.ts';
import { createResourceManager } from '../../../src/azure/resource-manager.ts';
import { scanSteps } from '../../../src/contracts/gateways/scan-inventory.ts';
import { readForeignRoot } from '../../../src/pki/read-foreign-root.ts';
import { createInventoryScans } from '../../../src/services/gateways/inventory-scans.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import {
  aGateway,
  anIpConfiguration,
  aPublicIp,
  aVirtualNetwork,
  location,
} from '../../support/builders/arm-bodies.ts';
import { anOperationId, createServicesWorld } from '../../support/services-world.ts';

const gateways = 200;
const timeoutMs = 600_000;
/** Whoever makes them has limits too. */
const writesAtOnce = 150;

describe('a scan of many gateways', () => {
  let stack: ArmStack;

  beforeAll(async () => {
    stack = await startArmStack({ standsStill: true });
    await putAll([{ rest: '', body: { location } }]);
    const numbers = Array.from({ length: gateways }, (_, index) => index);
    const network = '/providers/Microsoft.Network';
    await putAll(
      numbers.flatMap((index) => [
        { rest: `${network}/virtualNetworks/net${index}`, body: aVirtualNetwork() },
        { rest: `${network}/publicIPAddresses/pip${index}`, body: aPublicIp() },
      ]),
    );
    await putAll(
      numbers.map((index) => {
        const text = JSON.stringify(anIpConfiguration(stack.group, 'c', `pip${index}`)).replace('VNet1', `net${index}`);
        const ipConfigurations: unknown = [JSON.parse(text)];
        return {
          rest: `${network}/virtualNetworkGateways/gw${index}`,
          body: aGateway(stack.group, { ipConfigurations }),
        };
      }),
    );
  }, timeoutMs);

  afterAll(async () => {
    await stack.close();
  });

  async function putAll(parts: readonly { readonly rest: string; readonly body: object }[]): Promise<void> {
    for (const [index, { rest, body }] of parts.entries()) {
      // Networks and addresses take seconds, gateways most of an hour.
      if (index % writesAtOnce === 0) await stack.test.advance(60_000);
      const { status } = await stack.arm.putAsSomebodyElse('PUT', `${stack.group}${rest}`, body);
      if (status > 299) throw new Error(`PUT ${rest} answered ${status}`);
    }
    await stack.test.advance(300_000);
  }

  it(
    'asks for two reads per gateway at most, is never throttled, and leaves a third of the tokens to others',
    async () => {
      const world = createServicesWorld();
      const now = () => stack.test.host.clock.now();
      const options = {
        endpoint: stack.arm.url,
        credential: stack.credential,
        log: world.log,
        now,
        clientOptions: { tlsOptions: { ca: stack.test.ca } },
      };
      const arm = createResourceManager(options);
      const scans = createInventoryScans({
        ...world,
        arm,
        armInventory: createArmInventory(options),
        readTrusted: readForeignRoot,
        now,
      });
      const before = stack.test.exchanges.length;
      const operationId = anOperationId('scan');
      await scans.begin(
        { sessions: false },
        { operationId, requestedBy: 'tester', orchestrations: world.orchestrations },
      );

      for (const { name: step } of scanSteps) {
        const begunAt = now().toISOString();
        for (;;) {
          const progress = await scans.advance(operationId, step, begunAt);
          if (progress.outcome !== 'more') break;
          await stack.test.advance(progress.seconds * 1000);
        }
      }
      await scans.finish(operationId, { status: 'succeeded' });

      expect((await world.operations.get(operationId))?.result).toEqual({ subscriptions: 1, gateways, notLookedAt: 0 });
      const exchanges = stack.test.exchanges.slice(before);
      expect(exchanges.filter(({ liveRequest }) => liveRequest.method !== 'GET')).toEqual([]);
      // Azure's pages are larger than three: there it is one read for each gateway, and a few.
      expect(exchanges.length).toBeGreaterThan(250);
      expect(exchanges.length / gateways).toBeLessThanOrEqual(2);
      expect(exchanges.filter(({ liveResponse }) => Number(liveResponse.statusCode) === 429)).toEqual([]);
      const left = exchanges.map(({ liveResponse: { headers } }) =>
        Number(headers['x-ms-ratelimit-remaining-subscription-reads']),
      );
      expect(Math.min(...left)).toBeGreaterThan(80);
    },
    timeoutMs,
  );
});
