import { whyNoRealClient } from '../../../sandbox/walkthrough/real-client.ts';

const now = new Date('2026-11-21T03:20:00.000Z');

describe('sandbox/walkthrough/real-client', () => {
  it('returns nothing against a client whose certificate is valid by the clock of the machine', () => {
    const reason = whyNoRealClient({ vpnRuns: true, notBefore: '2026-11-21T03:20:00.000Z', now });

    expect(reason).toBeUndefined();
  });

  it('names the clock that was moved when the certificate is not valid yet', () => {
    const reason = whyNoRealClient({ vpnRuns: true, notBefore: '2026-11-21T03:30:06.000Z', now });

    expect(reason).toMatch(/clock was moved.*2026-11-21T03:30:06.000Z/);
  });

  it('names what is missing when no VPN gateways run, whatever the clock', () => {
    const reason = whyNoRealClient({ vpnRuns: false, notBefore: '2026-11-21T03:30:06.000Z', now });

    expect(reason).toMatch(/root.*openvpn/);
  });
});
