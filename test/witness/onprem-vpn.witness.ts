/** VPN access to an Azure Stack POC with Debian's SSH server in front of its host. */
import { readSecret } from '../e2e/support/azure.ts';
import { acceptedOperation } from '../e2e/support/line.ts';
import { breakMachine, readHistory, untilDone, untilOperation } from '../e2e/support/onprem-line.ts';
import { dialIn, host, openAccess, seeAccess, startPoc } from '../e2e/support/onprem-vpn.ts';
import type { RunningTestStack } from '../support/stack.ts';

const timeoutMs = 600_000;

describe('src/orchestrations/on-premises/vpn-access, over OpenSSH', () => {
  let stack: RunningTestStack;

  beforeAll(async () => {
    stack = await startPoc({ sshd: 'required' });
  }, timeoutMs);

  afterAll(async () => {
    await stack.stop();
  }, timeoutMs);

  async function succeeds(id: string): Promise<void> {
    await untilOperation(stack, id, ({ status }) => status === 'succeeded');
  }

  it(
    'lets a user in over a line that breaks, and does once what was not answered',
    async () => {
      await breakMachine(stack, { machine: host, times: 2, then: { kind: 'dropAfter' } });
      await succeeds((await openAccess(stack, ['ann'])).id);
      const { users, sharedKeySecret } = await seeAccess(stack);
      const password = (await readSecret(stack, users[0]?.passwordSecret ?? '')) ?? '';
      const sharedKey = (await readSecret(stack, sharedKeySecret)) ?? '';
      const connected = await dialIn(stack, { userName: 'ann', password, sharedKey });
      const history = await readHistory(stack);

      expect(connected).toBe('connected');
      expect(history.filter(({ step, changed }) => step === 'P4' && changed)).toHaveLength(1);
      expect(new Set(history.map(({ transport }) => transport))).toEqual(new Set(['ssh']));
    },
    timeoutMs,
  );

  it(
    'checks a machine, and refuses one whose host key is another',
    async () => {
      const check = await untilDone(stack, await stack.api('POST', `/api/machines/${host}/check`));
      const machine = (await stack.api('GET', `/api/machines/${host}`)).body as { readonly ssh: object };
      const hostKey = `SHA256:${'A'.repeat(43)}`;
      await stack.api('POST', '/api/machines', { id: host, role: 'host', ssh: { ...machine.ssh, hostKey } });
      const { id } = acceptedOperation(await stack.api('POST', `/api/machines/${host}/check`));
      const failed = await untilOperation(stack, id, ({ status }) => status === 'failed');

      expect(check.result).toMatchObject({ hostName: 'AZS-HOST1' });
      expect(failed.problem?.detail).toMatch(/authFailed.*SHA256:/);
    },
    timeoutMs,
  );
});
