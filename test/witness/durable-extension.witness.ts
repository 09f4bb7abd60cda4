/**
 * The line on the real Durable Task extension: its histories, timers, events, sub-orchestrations and repeats judge the
 * orchestrations, in real time. Needs the .NET SDK.
 */
import { resolve } from 'node:path';
import { buildExtension } from '../../sandbox/runtime/durable-extension/build.ts';
import { networkPath, readGateway, readResource, revokedOnGateway } from '../e2e/support/azure.ts';
import {
  acceptedOperation,
  aKeyAndRequest,
  buildGateway,
  createRoot,
  examplePlan,
  followAccepted,
  issue,
  kit,
  makeProfile,
  putCountOf,
  readJournal,
  reinstate,
  revoke,
  trustRoot,
  waitForOperation,
} from '../e2e/support/line.ts';
import { type RunningTestStack, type StackAnswer, startStack, waitUntil } from '../support/stack.ts';

const minuteMs = 60_000;
const gatewayId = 'vnet1gw';
/** Messages that a killed extension held are seen by nobody for a minute, and again at the next step that it held. */
const afterKill = { timeoutMs: 4 * minuteMs };

describe('src/main, on the real Durable Task extension', () => {
  let stack: RunningTestStack;

  beforeAll(async () => {
    // The stack would build it too, but then its start would be waited for as long.
    await buildExtension(resolve('dist'), AbortSignal.timeout(5 * minuteMs));
    stack = await startStack({ speed: 4000, noise: 0, durable: 'extension' });
  }, 10 * minuteMs);

  afterAll(async () => {
    await stack.stop();
  }, minuteMs);

  it(
    'builds, trusts, makes the profile, issues, revokes, reinstates and removes',
    async () => {
      // Its timers know real time alone.
      expect((await stack.control('POST', '/clock', { advance: 'PT1M' })).status).toBe(409);
      await buildGateway(stack);
      await createRoot(stack, 'root-1');
      await trustRoot(stack, gatewayId, 'root-1');
      await makeProfile(stack, gatewayId);
      const { thumbprint } = await issue(stack, { rootId: 'root-1', csr: aKeyAndRequest().csrPem });
      expect((await kit(stack, thumbprint, gatewayId)).content).toContain('<ca>');

      await revoke(stack, thumbprint);
      expect(await revokedOnGateway(stack)).toEqual([thumbprint]);
      await reinstate(stack, thumbprint);
      expect(await revokedOnGateway(stack)).toEqual([]);

      await followAccepted(stack, await removeAtRest());
      expect(await readResource(stack, networkPath(stack, 'virtualNetworkGateways/VNet1GW'))).toBeUndefined();
    },
    4 * minuteMs,
  );

  /** Accepted as soon as the writer of the last change has given the gateway back. */
  async function removeAtRest(): Promise<StackAnswer> {
    const ask = (): Promise<StackAnswer> => stack.api('DELETE', `/api/gateways/${gatewayId}`);
    let answer = await ask();
    await waitUntil(async () => {
      if (answer.status === 409) answer = await ask();
      return answer.status !== 409;
    }, minuteMs);
    return answer;
  }

  it(
    'builds once, with one write of each resource, when the extension is killed in the middle',
    async () => {
      const begin = (await readJournal(stack)).length;
      const { id } = acceptedOperation(await stack.api('POST', '/api/gateways', examplePlan('vnet1-powershell')));
      await waitUntil(async () => (await countWrites(begin)).publicIp > 0, minuteMs);
      await stack.killExtension();
      await waitForOperation(stack, id, afterKill);

      expect(await countWrites(begin)).toEqual({ virtualNetwork: 1, publicIp: 1, gateway: 1 });
      expect((await readGateway(stack)).properties.provisioningState).toBe('Succeeded');
    },
    6 * minuteMs,
  );

  async function countWrites(begin: number) {
    const journal = (await readJournal(stack)).slice(begin);
    return {
      virtualNetwork: putCountOf(journal, '/virtualNetworks/VNet1'),
      publicIp: putCountOf(journal, '/publicIPAddresses/VNet1GWpip'),
      gateway: putCountOf(journal, '/virtualNetworkGateways/VNet1GW'),
    };
  }
});
