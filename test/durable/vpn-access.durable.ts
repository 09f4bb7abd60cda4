/** VPN access to an Azure Stack POC, opened and taken back on the real Durable Task extension, in real time. */
import { resolve } from 'node:path';
import { buildExtension } from '../../sandbox/runtime/durable-extension/build.ts';
import { readSecret } from '../e2e/support/azure.ts';
import { waitForOperation } from '../e2e/support/line.ts';
import { readChanges, stepStates } from '../e2e/support/onprem-line.ts';
import {
  closeAccess,
  dialIn,
  openAccess,
  seeAccess,
  serverAddress,
  startPoc,
  touchedState,
} from '../e2e/support/onprem-vpn.ts';
import type { RunningTestStack } from '../support/stack.ts';

const minuteMs = 60_000;
/** They say only that it hangs. */
const waiting = { timeoutMs: 20 * minuteMs };
jest.setTimeout(30 * minuteMs);

let stack: RunningTestStack;
let before: object;

beforeAll(async () => {
  await buildExtension(resolve('dist'), AbortSignal.timeout(5 * minuteMs));
  stack = await startPoc({ speed: 4000, noise: 0, durable: 'extension' });
  before = await touchedState(stack);
});

afterAll(async () => {
  await stack.stop();
});

describe('src/orchestrations/on-premises/vpn-access, on the real Durable Task extension', () => {
  it('opens access, changing each thing once, and lets a user in', async () => {
    const { id } = await openAccess(stack, ['ann']);
    const end = await waitForOperation(stack, id, waiting);

    expect(end.result).toMatchObject({ serverAddress, portalAnswers: true, users: ['ann'] });
    expect(new Set(Object.values(stepStates(end)))).toEqual(new Set(['succeeded']));
    expect((await readChanges(stack)).map((change) => change.replace(' apply', ''))).toEqual(
      'P1 P17 P3 P4 P5 P6 P7 P8 P6 P10 P11 P12 P14 P15'.split(' '),
    );
    const { sharedKeySecret, users } = await seeAccess(stack);
    const sharedKey = (await readSecret(stack, sharedKeySecret)) ?? '';
    const password = (await readSecret(stack, users[0]?.passwordSecret ?? 'none')) ?? '';
    expect(await dialIn(stack, { userName: 'ann', password, sharedKey })).toBe('connected');
  });

  it('takes back all that it changed', async () => {
    const { id } = await closeAccess(stack);
    await waitForOperation(stack, id, waiting);

    expect(await touchedState(stack)).toEqual(before);
  });
});
