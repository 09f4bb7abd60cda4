import { createSetAsideSecrets } from '../../../../src/services/requests/set-aside-secrets.ts';
import { createMemorySecrets } from '../../../support/remote/stub-secrets.ts';

const names = {
  'administrator-key': 'k',
  'l2tp-key-1': 'shared',
  'account-cloud': '{}',
  'gatehouse-l2tp-key-poc': 'x',
};

describe('src/services/requests/set-aside-secrets', () => {
  it('reads what the name says it is for', async () => {
    const secrets = createSetAsideSecrets(createMemorySecrets(names));

    expect(await secrets.get({ use: 'l2tpKey', name: 'l2tp-key-1' })).toMatchObject({ value: 'shared' });
    expect(await secrets.get({ use: 'l2tpKey', name: 'gatehouse-l2tp-key-poc' })).toMatchObject({ value: 'x' });
    expect(await secrets.get({ use: 'l2tpKey', name: 'l2tp-key-2' })).toBeUndefined();
  });

  it.each(['administrator-key', 'account-cloud', 'l2tp-key-', 'L2TP-KEY-1', ''])(
    'does not ask Key Vault for %j where a shared key is wanted',
    async (name) => {
      const vault = createMemorySecrets(names);

      await expect(createSetAsideSecrets(vault).get({ use: 'l2tpKey', name })).rejects.toMatchObject({
        code: 'ERR_CONFLICT',
      });

      expect(vault.asked).toEqual([]);
    },
  );

  it.each(['l2tp-key-1', 'administrator-key', 'gatehouse-vpn-password-poc-ann'])(
    'neither writes nor deletes %s as a shared key of its own',
    async (name) => {
      const vault = createMemorySecrets(names);
      const secrets = createSetAsideSecrets(vault);

      await expect(secrets.set({ use: 'l2tpKey', name }, 'new')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
      await expect(secrets.remove({ use: 'l2tpKey', name })).rejects.toMatchObject({ code: 'ERR_CONFLICT' });

      expect((await vault.get('l2tp-key-1'))?.value).toBe('shared');
      expect((await vault.get('administrator-key'))?.value).toBe('k');
    },
  );
});
