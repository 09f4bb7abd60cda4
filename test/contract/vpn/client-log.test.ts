import { endReason } from '../../../sandbox/vpn/client-log.ts';

describe('sandbox/vpn/client-log', () => {
  it.each([
    ['AUTH: Received control message: AUTH_FAILED,certificate revoked', 'certificate revoked'],
    ['AUTH: Received control message: AUTH_FAILED', 'authentication failed'],
    ["Halt command was pushed by server ('')", 'disconnected by the gateway'],
    ['Connection reset, restarting [0]', 'connection closed by the gateway'],
    ['Options error: Unrecognized option', 'Options error: Unrecognized option'],
    ['something never seen', 'something never seen'],
  ])('returns of %p: %s', (line, reason) => {
    expect(endReason(['Peer Connection Initiated', line])).toBe(reason);
  });

  it("prefers the gateway's words to what follows from them", () => {
    expect(endReason(['Connection reset, restarting [0]', 'AUTH_FAILED,certificate revoked'])).toBe(
      'certificate revoked',
    );
  });

  it('returns a reason for a client that said nothing', () => {
    expect(endReason([])).toBe('OpenVPN ended without a word');
  });
});
