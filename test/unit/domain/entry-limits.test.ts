import { entryLimits, withinLimits } from '../../../src/domain/entry-limits.ts';
import { type DesiredEntry, entryKey } from '../../../src/domain/gateway-merge.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { parseThumbprint, type Thumbprint } from '../../../src/domain/thumbprint.ts';
import { given } from '../../support/given.ts';

const thumbprintOfRoot = (data: string): Thumbprint | undefined => parseThumbprint(data);
const dayMs = 24 * 3600 * 1000;

function thumbprint(number: number): Thumbprint {
  return given(parseThumbprint(number.toString(16).padStart(40, '0')));
}

/** Revocation n was recorded on day n. */
function aRevocation(number: number, changes: Partial<DesiredEntry> = {}): DesiredEntry {
  return {
    kind: 'revocation',
    thumbprint: thumbprint(number),
    entryName: `r${number}`,
    wanted: true,
    isSetAside: false,
    wasInForce: false,
    isOptional: false,
    rank: 1,
    since: new Date(number * dayMs).toISOString(),
    ...changes,
  };
}

function aGatewayWith(revoked: readonly Thumbprint[]): JsonObject {
  const entries = revoked.map((own) => ({ name: own, properties: { thumbprint: own } }));
  return { properties: { vpnClientConfiguration: { vpnClientRevokedCertificates: entries } } };
}

function overLimit(entries: readonly DesiredEntry[]): readonly string[] {
  return entries.filter(({ isOverLimit }) => isOverLimit === true).map(({ entryName }) => entryName);
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('src/domain/entry-limits', () => {
  it.each([
    [299, 0],
    [300, 0],
    [301, 1],
  ])('of %i revocations leaves %i out', (count, left) => {
    const wanted = numbers(count).map((number) => aRevocation(number));

    expect(overLimit(withinLimits(aGatewayWith([]), wanted, thumbprintOfRoot))).toHaveLength(left);
  });

  it('lets compromised keys stand first, then the newest', () => {
    const wanted = numbers(302).map((number) => aRevocation(number, number === 1 ? { rank: 0 } : {}));

    expect(overLimit(withinLimits(aGatewayWith([]), wanted, thumbprintOfRoot)).toSorted()).toEqual(['r2', 'r3']);
  });

  it('takes nothing that is in force off for something newer of the same rank, and does for a lower one', () => {
    const inForce = numbers(300).map((number) => aRevocation(number, { wasInForce: true }));
    const gateway = aGatewayWith(inForce.map((entry) => entry.thumbprint));
    const left = (newest: DesiredEntry): readonly string[] =>
      overLimit(withinLimits(gateway, [...inForce, newest], thumbprintOfRoot));

    expect(left(aRevocation(301))).toEqual(['r301']);
    expect(left(aRevocation(301, { rank: 2 }))).toEqual(['r301']);
    expect(left(aRevocation(301, { rank: 0 }))).toEqual(['r1']);
  });

  it("counts others' entries, which are not Gatehouse's to take off", () => {
    const foreign = numbers(299).map((number) => thumbprint(1000 + number));
    const wanted = [aRevocation(1), aRevocation(2)];

    expect(overLimit(withinLimits(aGatewayWith(foreign), wanted, thumbprintOfRoot))).toEqual(['r1']);
  });

  it('gives no place to what Azure has refused or what is to come off', () => {
    const wanted = numbers(302).map((number) =>
      aRevocation(number, { isSetAside: number === 1, wanted: number !== 2 }),
    );

    expect(overLimit(withinLimits(aGatewayWith([]), wanted, thumbprintOfRoot))).toEqual([]);
  });

  it('never takes a root off to make room for another', () => {
    const present = numbers(20).map(thumbprint);
    const roots = present.map((data) => ({ name: data, properties: { publicCertData: data } }));
    const gateway = { properties: { vpnClientConfiguration: { vpnClientRootCertificates: roots } } };
    const wanted = numbers(21).map((number) => aRevocation(number, { kind: 'root' }));

    const marked = withinLimits(gateway, wanted, thumbprintOfRoot);

    expect(marked.filter(({ isOverLimit }) => isOverLimit === true).map(entryKey)).toEqual([`root:${thumbprint(21)}`]);
    expect(entryLimits).toEqual({ root: 20, revocation: 300 });
  });
});
