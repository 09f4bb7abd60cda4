import fc from 'fast-check';
import { connectorSteps } from '../../../src/contracts/on-premises/connector-steps.ts';
import { addressOf } from '../../../src/domain/connector-ports.ts';
import { endpointProblems } from '../../../src/domain/endpoint-problems.ts';
import { makePassword, makePasswordFor, sharedKeyPattern, toKeyText } from '../../../src/domain/make-password.ts';
import { commandLookSeconds } from '../../../src/domain/poll-pacing.ts';
import { rangeProblems, rangeWarnings } from '../../../src/domain/vpn-address-range.ts';

describe('src/domain/connector-ports', () => {
  it.each([
    ['https://wap.contoso.com:40005', 40_005],
    ['https://wap.contoso.com:443', 443],
    ['https://wap.contoso.com', 443],
  ])('reads host and port of %s', (endpoint, port) => {
    expect(addressOf(endpoint)).toEqual({ host: 'wap.contoso.com', port });
  });
});

describe('src/domain/endpoint-problems', () => {
  const at = { from: 'wasp', path: '/clouds' };
  const seen = (issue: string): object => ({ host: 'wap.contoso.com', port: 30_081, issue });

  const results = connectorSteps.checkTlsEndpoints.facts.shape.results.unwrap();
  const issues = results.element.shape.issue.options.filter((issue) => issue !== '');

  it.each(issues)('says of %s who saw it, of what, and what helps', (issue) => {
    const [problem, ...more] = endpointProblems([seen(''), seen(issue)], at);

    expect(more).toEqual([]);
    expect(problem).toMatchObject({ path: '/clouds', code: issue });
    expect(problem?.message).toContain('Seen from wasp, wap.contoso.com:30081');
    expect(problem?.message).not.toContain('it is not well');
    expect(problem?.fix).toMatch(/\.$/);
  });

  it.each([undefined, null, 'text', {}, []])('finds nothing in %j', (results) => {
    expect(endpointProblems(results, at)).toEqual([]);
  });

  it('tells of an issue that it does not know', () => {
    expect(endpointProblems([seen('melted')], at)).toMatchObject([
      { code: 'unwell', message: expect.stringContaining('melted') as unknown },
    ]);
  });
});

describe('src/domain/make-password', () => {
  it('makes passwords that Windows takes, of whatever bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 15, maxLength: 15 }), (bytes) => {
        expect(makePassword(bytes)).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*\.)[A-Za-z0-9._-]{24}$/);
      }),
    );
  });

  it.each([
    ['bob', Buffer.from('AABoB-_aaAAAAAAAAAAA', 'base64url')],
    ['aa1', new Uint8Array(15)],
    ['Zz9', Buffer.from('zZ9AAAAAAAAAAAAAAAAA', 'base64url')],
  ])('makes %s no password with that name in it, which Windows would refuse', (userName, first) => {
    const draws = [first, new Uint8Array(15).fill(255), Buffer.from('AAAAzZ9AAAAAAAAAAAAA', 'base64url')];

    const password = makePasswordFor(userName, (attempt) => draws[attempt] ?? new Uint8Array(15).fill(attempt));

    expect(password.toLowerCase()).not.toContain(userName.toLowerCase());
    expect(password).toMatch(/^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)(?=.*[.-])[A-Za-z0-9._-]{24}$/);
  });

  it('makes keys that every client takes, each of its own bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(toKeyText(bytes)).toMatch(sharedKeyPattern);
        expect(Buffer.from(toKeyText(bytes), 'base64url')).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe('src/domain/poll-pacing commandLookSeconds', () => {
  it('looks at least every half minute, and not more often than every two seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (elapsed) => {
        const seconds = commandLookSeconds(elapsed);
        expect(seconds).toBeGreaterThanOrEqual(2);
        expect(seconds).toBeLessThanOrEqual(30);
      }),
    );
  });

  it.each([20, 60, 300, 900, 3600])('sees the end of a command of %i s at most a tenth late', (length) => {
    let elapsed = 0;
    while (elapsed < length) elapsed += commandLookSeconds(elapsed);

    expect(elapsed).toBeLessThanOrEqual(length * 1.1 + 2);
  });
});

describe('src/domain/vpn-address-range', () => {
  const server = '192.168.200.1';

  it.each([
    ['192.168.200.201', '192.168.200.230', []],
    ['192.168.200.2', '192.168.200.3', []],
    ['192.168.200.2', '192.168.200.2', ['rangeTooSmall']],
    ['192.168.200.9', '192.168.200.2', ['rangeTooSmall']],
    ['192.168.200.0', '192.168.200.9', ['rangeHoldsServer']],
    ['192.168.200.1', '192.168.200.2', ['rangeHoldsServer']],
    ['192.168.201.2', '192.168.201.9', ['rangeElsewhere']],
    ['192.168.200.250', '192.168.201.9', ['rangeElsewhere']],
    ['192.168.100.1', '192.168.230.1', ['rangeHoldsServer', 'rangeElsewhere']],
  ])('judges %s to %s', (from, to, codes) => {
    expect(rangeProblems({ from, to }, server).map(({ code }) => code)).toEqual(codes);
  });

  it.each([
    [29, 0],
    [30, 1],
  ])('warns of %i users on thirty addresses: %i', (users, warnings) => {
    expect(rangeWarnings({ from: '192.168.200.201', to: '192.168.200.230' }, users)).toHaveLength(warnings);
  });
});
