import {
  type OperationKind,
  operationKinds,
  type OperationVerb,
  roleFor,
} from '../../../src/domain/operation-kinds.ts';
import { operationActions } from '../../../src/functions/operations/operation-actions.ts';

const kinds = Object.keys(operationKinds) as OperationKind[];
const actions = operationActions({} as Parameters<typeof operationActions>[0]);

describe('src/domain/operation-kinds', () => {
  it.each(kinds)('says of %s that it can be resumed or removed exactly where somebody does it', (kind) => {
    for (const verb of ['resume', 'remove'] as const) {
      expect([verb, roleFor(kind, verb) !== undefined]).toEqual([verb, actions[kind][verb] !== undefined]);
    }
  });

  it('leaves the removal of a gateway to administrators, by whatever way it is asked for', () => {
    const ways: readonly (readonly [OperationKind, OperationVerb])[] = [
      ['buildGateway', 'remove'],
      ['removeGateway', 'resume'],
      ['removeGateway', 'cancel'],
    ];

    expect(ways.map(([kind, verb]) => roleFor(kind, verb))).toEqual(ways.map(() => 'administrator'));
  });

  it('lets nobody stop what takes certificates out', () => {
    for (const kind of ['revokeCertificate', 'reinstateCertificate', 'trustRoot', 'distrustRoot'] as const) {
      expect(operationKinds[kind].may).toEqual({});
    }
  });
});
