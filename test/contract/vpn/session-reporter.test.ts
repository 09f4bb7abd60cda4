import type { VpnSession } from '../../../sandbox/vpn/control-client.ts';
import { SessionReporter } from '../../../sandbox/vpn/session-reporter.ts';

type Answer = 'added' | 'refused' | 'lost';

describe('sandbox/vpn/session-reporter', () => {
  const session: VpnSession = {
    id: 'OVPN_1',
    gateway: '/gateway',
    commonName: 'alice',
    thumbprint: 'AA'.repeat(20),
    publicIp: '198.18.0.9:1194',
    privateIp: '172.16.201.2',
  };

  /** A control API that gives these answers to sessions, then takes them. */
  function arrange({ mentioned = [], answers = [] }: { mentioned?: string[]; answers?: Answer[] } = {}) {
    const calls: string[] = [];
    const records: (readonly string[])[] = [];
    const refused: string[] = [];
    const reporter = new SessionReporter({
      control: {
        addSession: ({ id }) => {
          calls.push(`add ${id}`);
          const answer = answers.shift() ?? 'added';
          return answer === 'lost' ? Promise.reject(new Error('no answer')) : Promise.resolve(answer);
        },
        removeSession: (id) => {
          calls.push(`remove ${id}`);
          return Promise.resolve();
        },
      },
      mentioned,
      record: (ids) => records.push(ids),
      onRefused: (id) => refused.push(id),
    });
    return { reporter, calls, records, refused };
  }

  it('tells the start and the end of a session once each', async () => {
    const { reporter, calls, records } = arrange();

    reporter.add(session);
    await Promise.all([reporter.report(), reporter.report()]);
    reporter.remove(session.id);
    await reporter.report();
    await reporter.report();

    expect(calls).toEqual(['add OVPN_1', 'remove OVPN_1']);
    expect(records.at(-1)).toEqual([]);
  });

  it('ends the sessions of a process before this one', async () => {
    const { reporter, calls } = arrange({ mentioned: ['OVPN_0'] });

    await reporter.report();

    expect(calls).toEqual(['remove OVPN_0']);
  });

  it('tells again what got no answer', async () => {
    const { reporter, calls } = arrange({ answers: ['lost'] });

    reporter.add(session);
    await expect(reporter.report()).rejects.toThrow('no answer');
    await reporter.report();

    expect(calls).toEqual(['add OVPN_1', 'add OVPN_1']);
  });

  it('tells the end of a session whose start got no answer', async () => {
    const { reporter, calls } = arrange({ answers: ['lost'] });

    reporter.add(session);
    await expect(reporter.report()).rejects.toThrow('no answer');
    reporter.remove(session.id);
    await reporter.report();

    expect(calls).toEqual(['add OVPN_1', 'remove OVPN_1']);
  });

  it('asks to cut a session that is refused, once', async () => {
    const { reporter, refused } = arrange({ answers: ['refused'] });

    reporter.add(session);
    await reporter.report();
    await reporter.report();

    expect(refused).toEqual(['OVPN_1']);
  });
});
