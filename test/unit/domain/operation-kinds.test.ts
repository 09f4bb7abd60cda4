import {
  type OperationKind,
  operationKinds,
  type OperationVerb,
  roleFor,
} from '../../../src/domain/operation-kinds.ts';

describe('src/domain/operation-kinds', () => {
  it('leaves the removal of a gateway to administrators, by whatever way it is asked for', () => {
    const ways: readonly (readonly [OperationKind, OperationVerb])[] = [
      ['buildGateway', 'remove'],
      ['removeGateway', 'resume'],
      ['removeGateway', 'cancel'],
    ];

    expect(ways.map(([kind, verb]) => roleFor(kind, verb))).toEqual(ways.map(() => 'administrator'));
  });

  it('lets nobody stop what takes certificates out', () => {
    for (const kind of [
      'revokeCertificate',
      'reinstateCertificate',
      'revokeOwner',
      'trustRoot',
      'distrustRoot',
    ] as const) {
      expect(operationKinds[kind].may).toEqual({});
    }
  });
});
