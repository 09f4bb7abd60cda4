import { afterRefusal, isNamedIn } from '../../../src/domain/entry-refusals.ts';

const start = new Date('2026-03-01T10:00:00.000Z');
const after = (minutes: number): Date => new Date(start.getTime() + minutes * 60_000);
const refusal = { reason: 'Bad: It is bad.', isNamed: false };

describe('src/domain/entry-refusals', () => {
  it('takes two refusals ten minutes apart for an entry to be refused', () => {
    const first = afterRefusal(undefined, refusal, start);
    const tooSoon = afterRefusal(first.evidence, refusal, after(9));
    const second = afterRefusal(tooSoon.evidence, refusal, after(10));

    expect([first.isRefused, tooSoon.isRefused, second.isRefused]).toEqual([false, false, true]);
    expect(first.retryAt).toBe(after(10).toISOString());
    expect(second.retryAt).toBe(after(10 + 24 * 60).toISOString());
    expect(second.evidence).toEqual({
      count: 2,
      firstAt: start.toISOString(),
      lastAt: after(10).toISOString(),
      reason: refusal.reason,
    });
  });

  it('believes words that name the entry at once', () => {
    expect(afterRefusal(undefined, { ...refusal, isNamed: true }, start).isRefused).toBe(true);
  });

  it.each([
    ["Data for certificate 'corp' is invalid.", { name: 'corp' }, true],
    [
      'Data for certificate /virtualNetworkGateways/g/vpnClientRootCertificates/corp/ is invalid.',
      { name: 'corp' },
      true,
    ],
    ['Root certificate corp-root-1 expired on 2024-01-01.', { name: 'corp-root-1' }, true],
    ['Root certificate CORP-ROOT-1.', { name: 'corp-root-1' }, true],
    [`Thumbprint ${'a'.repeat(40)} is invalid.`, { name: 'x-1', thumbprint: 'A'.repeat(40) }, true],
    ['The root certificate is invalid.', { name: 'root' }, false],
    ['Root certificate corp-root-12 expired.', { name: 'corp-root-1' }, false],
    ['Root certificate my.corp-root-1 expired.', { name: 'corp-root-1' }, false],
    ['Something is wrong.', { name: '' }, false],
  ])('reads "%s"', (words, entry, isNamed) => {
    expect(isNamedIn(words, entry)).toBe(isNamed);
  });
});
