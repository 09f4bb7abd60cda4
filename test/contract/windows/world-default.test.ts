import { judgeServer } from '../../../sandbox/windows/connector/tls.ts';
import { signInToMachine } from '../../../sandbox/windows/machine/accounts.ts';
import { isNatUp } from '../../../sandbox/windows/machine/vpn.ts';
import { createDefaultWorld, defaultSecrets } from '../../../sandbox/windows/world/default-world.ts';
import { type WindowsMachine, worldDefinitionSchema, type WorldParts } from '../../../sandbox/windows/world/records.ts';

describe('sandbox/windows/world/default-world', () => {
  let parts: WorldParts;

  beforeAll(async () => {
    parts = worldDefinitionSchema.parse(await createDefaultWorld());
  });

  function machine(id: string): WindowsMachine {
    const found = parts.machines.find((each) => each.id === id);
    if (found === undefined) throw new Error(`There is no machine ${id}.`);
    return found;
  }

  it('has the machines of the two procedures', () => {
    expect(parts.machines.map(({ id }) => id)).toEqual([
      'azs-host1',
      'natvm',
      'azs-ercs01',
      'azs-wasp01',
      'wapcomputer1',
      'wapcomputer2',
      'client',
    ]);
  });

  it.each([
    ['account-natvm-administrator', 'natvm', true],
    ['account-azurestack-admin', 'azs-wasp01', true],
    ['account-cloud-admin', 'azs-wasp01', false],
    ['run-as-sql-admin', 'wapcomputer1', true],
  ])('lets %s in at %s', (secret, id, isAdministrator) => {
    const credential = JSON.parse(defaultSecrets[secret] ?? '') as { username: string; password: string };

    expect(signInToMachine(parts, machine(id), credential)).toEqual({ outcome: 'signedIn', isAdministrator });
  });

  it('translates addresses on the NATVM as its deployment left it', () => {
    expect(isNatUp(machine('natvm'))).toBe(true);
  });

  it.each(['wapcomputer1', 'wapcomputer2'])(
    'trusts the certificate of %s on the client, and not in the stack',
    (id) => {
      const sent = machine(id)
        .certificates.filter(({ store }) => store === 'My')
        .map(({ certificate }) => certificate);
      const judge = (from: string): string => {
        const of = (wanted: string): string[] =>
          machine(from)
            .certificates.filter(({ store }) => store === wanted)
            .map(({ certificate }) => certificate);
        const stores = { root: of('Root'), ca: of('CA') };
        return judgeServer({ sent, host: `${id}.contoso.com`, stores, nowMs: Date.now() });
      };

      expect([judge('client'), judge('azs-wasp01')]).toEqual(['', 'untrusted']);
    },
  );
});
