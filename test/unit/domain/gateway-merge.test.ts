import fc from 'fast-check';
import { readEntries } from '../../../src/domain/gateway-entries.ts';
import { applyChanges, changesFor, type DesiredEntry, withoutExpiredRoots } from '../../../src/domain/gateway-merge.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { parseThumbprint, type Thumbprint } from '../../../src/domain/thumbprint.ts';
import { given } from '../../support/given.ts';

/** In these tests a root's data is its own thumbprint. */
const thumbprintOfRoot = (data: string): Thumbprint | undefined => parseThumbprint(data);

function aThumbprint(digit: string): Thumbprint {
  return given(parseThumbprint(digit.repeat(40)));
}

function aGatewayBody(roots: readonly string[], revoked: readonly string[]): JsonObject {
  return {
    id: '/gateways/1',
    unknown: { kept: true },
    properties: {
      unknownToo: [1, 2],
      vpnClientConfiguration: {
        radiusServerAddress: '10.0.0.1',
        vpnClientRootCertificates: roots.map((data) => ({
          name: `n${data[0] ?? ''}`,
          futureField: 1,
          properties: { publicCertData: data },
        })),
        vpnClientRevokedCertificates: revoked.map((data) => ({
          name: `n${data[0] ?? ''}`,
          properties: { thumbprint: data },
        })),
      },
    },
  };
}

function anEntry(kind: DesiredEntry['kind'], digit: string, changes: Partial<DesiredEntry> = {}): DesiredEntry {
  const thumbprint = aThumbprint(digit);
  return {
    kind,
    thumbprint,
    entryName: `entry-${digit}`,
    wanted: true,
    isSetAside: false,
    wasInForce: false,
    isOptional: false,
    rank: 1,
    since: '2026-01-01T00:00:00.000Z',
    ...(kind === 'root' ? { publicCertData: thumbprint } : {}),
    ...changes,
  };
}

function withState(provisioningState: string, body: JsonObject): JsonObject {
  return { ...body, properties: { ...(body['properties'] as JsonObject), provisioningState } };
}

function namesIn(body: JsonObject, kind: 'root' | 'revocation'): readonly string[] {
  return readEntries(body, kind, thumbprintOfRoot).map(({ name }) => name);
}

describe('src/domain/gateway-merge', () => {
  it('adds what is wanted and missing, revocations before roots', () => {
    const gateway = aGatewayBody([], []);

    const changes = changesFor(gateway, [anEntry('root', 'A'), anEntry('revocation', 'B')], thumbprintOfRoot);

    expect(changes.map(({ key, action }) => `${action} ${key}`)).toEqual([
      `add revocation:${'B'.repeat(40)}`,
      `add root:${'A'.repeat(40)}`,
    ]);
  });

  it('keeps fields and entries that it does not know', () => {
    const gateway = aGatewayBody(['C'.repeat(40), 'not a certificate'], ['D'.repeat(40)]);

    const changes = changesFor(gateway, [anEntry('root', 'A')], thumbprintOfRoot);
    const body = applyChanges(gateway, changes, thumbprintOfRoot);

    expect(body).toMatchObject({
      unknown: { kept: true },
      properties: { unknownToo: [1, 2], vpnClientConfiguration: { radiusServerAddress: '10.0.0.1' } },
    });
    expect(namesIn(body, 'root')).toEqual(['nC', 'nn', 'entry-A']);
    expect(readEntries(body, 'root', thumbprintOfRoot)[0]?.json).toHaveProperty('futureField', 1);
    expect(namesIn(body, 'revocation')).toEqual(['nD']);
  });

  it('finds an entry by its certificate, whatever its name', () => {
    const gateway = aGatewayBody([], ['b'.repeat(40)]);

    expect(changesFor(gateway, [anEntry('revocation', 'B')], thumbprintOfRoot)).toEqual([]);
  });

  it('takes off only what is its own', () => {
    const gateway = aGatewayBody(['A'.repeat(40), 'C'.repeat(40)], []);

    const changes = changesFor(gateway, [anEntry('root', 'A', { wanted: false })], thumbprintOfRoot);

    expect(namesIn(applyChanges(gateway, changes, thumbprintOfRoot), 'root')).toEqual(['nC']);
  });

  it('leaves out of the body what Azure has refused, and what is held back', () => {
    const entries = [anEntry('root', 'A', { isSetAside: true }), anEntry('root', 'B'), anEntry('root', 'C')];

    const changes = changesFor(aGatewayBody([], []), entries, thumbprintOfRoot, new Set([`root:${'B'.repeat(40)}`]));

    expect(changes.map(({ key }) => key)).toEqual([`root:${'C'.repeat(40)}`]);
  });

  it('takes back what a failed write has left of a change that is held back, and never what was in force before', () => {
    const gateway = withState('Failed', aGatewayBody(['A'.repeat(40), 'B'.repeat(40), 'C'.repeat(40)], []));
    const entries = [anEntry('root', 'A'), anEntry('root', 'B'), anEntry('root', 'C', { wasInForce: true })];
    const held = new Set(['A', 'C'].map((digit) => `root:${digit.repeat(40)}`));

    const changes = changesFor(gateway, entries, thumbprintOfRoot, held);

    expect(changes.map(({ key, action, isUndo }) => `${isUndo ? 'undo: ' : ''}${action} ${key.slice(0, 6)}`)).toEqual([
      'undo: remove root:A',
      'add root:B',
    ]);
    expect(namesIn(applyChanges(gateway, changes, thumbprintOfRoot), 'root')).toEqual(['nB', 'nC']);
  });

  it('takes off along the way what keeps nobody out any more, and never writes for it alone', () => {
    const gateway = aGatewayBody([], ['D'.repeat(40)]);
    const past = anEntry('revocation', 'D', { wanted: false, isOptional: true });

    expect(changesFor(gateway, [past], thumbprintOfRoot)).toEqual([]);

    const changes = changesFor(gateway, [past, anEntry('revocation', 'B')], thumbprintOfRoot);
    expect(namesIn(applyChanges(gateway, changes, thumbprintOfRoot), 'revocation')).toEqual(['entry-B']);
  });

  it('never makes a body with one name twice, whatever is wanted in one round', () => {
    const gateway = aGatewayBody(['C'.repeat(40)], []);
    const entries = ['A', 'B', 'D'].map((digit) =>
      anEntry('root', digit, { entryName: digit === 'D' ? 'NC' : 'Corp' }),
    );

    const body = applyChanges(gateway, changesFor(gateway, entries, thumbprintOfRoot), thumbprintOfRoot);

    expect(namesIn(body, 'root')).toEqual(['nC', 'Corp', 'Corp-BBBBBBBB', 'NC-DDDDDDDD']);
  });

  it('gives an entry another name when somebody else has taken its own', () => {
    const gateway = aGatewayBody(['C'.repeat(40)], []);
    const entry = anEntry('root', 'A', { entryName: 'NC' });

    const body = applyChanges(gateway, changesFor(gateway, [entry], thumbprintOfRoot), thumbprintOfRoot);

    expect(namesIn(body, 'root')).toEqual(['nC', 'NC-AAAAAAAA']);
  });

  it('drops roots that have expired, foreign ones too, and says which', () => {
    const gateway = aGatewayBody(['A'.repeat(40), 'C'.repeat(40)], ['D'.repeat(40)]);

    const { body, dropped } = withoutExpiredRoots(gateway, ({ publicCertData }) => publicCertData.startsWith('C'));

    expect(dropped).toEqual(['nC']);
    expect(namesIn(body, 'root')).toEqual(['nA']);
    expect(namesIn(body, 'revocation')).toEqual(['nD']);
  });

  it('has nothing left to change after its own changes, whatever was there and was wanted', () => {
    const digit = fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F');
    const entries = fc.uniqueArray(
      fc.record({ digit, kind: fc.constantFrom('root' as const, 'revocation' as const), wanted: fc.boolean() }),
      {
        selector: ({ digit: own, kind }) => own + kind,
      },
    );
    fc.assert(
      fc.property(fc.uniqueArray(digit), fc.uniqueArray(digit), entries, (roots, revoked, wanted) => {
        const gateway = aGatewayBody(
          roots.map((own) => own.repeat(40)),
          revoked.map((own) => own.repeat(40)),
        );
        const desired = wanted.map(({ digit: own, kind, wanted: isWanted }) =>
          anEntry(kind, own, { wanted: isWanted }),
        );

        const body = applyChanges(gateway, changesFor(gateway, desired, thumbprintOfRoot), thumbprintOfRoot);

        expect(changesFor(body, desired, thumbprintOfRoot)).toEqual([]);
      }),
    );
  });
});
