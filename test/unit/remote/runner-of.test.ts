import type { Machine } from '../../../src/domain/machine.ts';
import type { RemoteRunner } from '../../../src/ports/remote-runner.ts';
import { createRunners } from '../../../src/remote/runner-of.ts';

function aRunner(): RemoteRunner {
  const unused = (): never => {
    throw new Error('not asked for');
  };
  return { start: unused, poll: unused, cancel: unused, cleanup: unused };
}

describe('src/remote/runner-of', () => {
  const ways = { ssh: aRunner(), arc: aRunner(), manual: aRunner() };
  const runners = createRunners(ways);
  const ssh = { host: 'host.test', port: 22, username: 'u', hostKey: `SHA256:${'A'.repeat(43)}`, keySecret: 'k' };

  it.each([
    ['ssh', { ssh }],
    ['arc', { arc: { resourceId: '/subscriptions/s' } }],
    ['manual', { manual: true }],
  ] as const)('returns the runner of a machine that is reached by %s', (way, reached) => {
    expect(runners.of({ id: 'host', role: 'host', ...reached })).toBe(ways[way]);
  });

  it('refuses a machine that is reached through another', () => {
    const machine: Machine = {
      id: 'natvm',
      role: 'natvm',
      via: { machineId: 'host', computerName: '192.168.200.1', credentialSecret: 'account-natvm-admin' },
    };

    expect(() => runners.of(machine)).toThrow('natvm');
  });
});
