/** What keeps the tokens of files that cannot be made again: opened by whoever reads the vault, and by nobody else. */
import { createMemorySecrets } from '../../../support/remote/stub-secrets.ts';
import { createTestEscrow } from '../../../support/test-escrow.ts';

const token = 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq';

describe('src/services/operations/download-escrow', () => {
  it('opens what another process sealed with the same vault', async () => {
    const vault = createMemorySecrets();
    const sealed = await createTestEscrow(vault).seal(token, 'hash-1');

    expect(await createTestEscrow(vault).open(sealed, 'hash-1')).toBe(token);
  });

  it('opens nothing for another delivery, with another vault, or that was changed', async () => {
    const escrow = createTestEscrow();
    const sealed = await escrow.seal(token, 'hash-1');
    const changed = Buffer.from(sealed, 'base64url');
    changed.writeUInt8(changed.readUInt8(30) ^ 1, 30);

    expect(await escrow.open(sealed, 'hash-2')).toBeUndefined();
    expect(await createTestEscrow().open(sealed, 'hash-1')).toBeUndefined();
    expect(await escrow.open(changed.toString('base64url'), 'hash-1')).toBeUndefined();
  });

  it('makes one key for a deployment, also where many files are sealed at once', async () => {
    const vault = createMemorySecrets();
    const escrow = createTestEscrow(vault);

    const sealed = await Promise.all(['1', '2', '3'].map((hash) => escrow.seal(token, hash)));

    const other = createTestEscrow(vault);
    await other.seal(token, '4');
    expect(await Promise.all(['1', '2', '3'].map((hash, place) => other.open(sealed[place] ?? '', hash)))).toEqual([
      token,
      token,
      token,
    ]);
  });
});
