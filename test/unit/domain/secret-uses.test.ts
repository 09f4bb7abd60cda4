import { isOwnSecret, isSetAside, ownSecretName, secretNameOf, secretUses } from '../../../src/domain/secret-uses.ts';

type NamedUse = Parameters<typeof secretNameOf>[0];

const uses = Object.keys(secretUses) as (keyof typeof secretUses)[];
const named = uses.filter((use): use is NamedUse => use !== 'dataFile' && use !== 'downloadKey');

describe('src/domain/secret-uses', () => {
  it('has prefixes of which none begins another, also not behind the one of what the application keeps', () => {
    const prefixes = uses.flatMap((use) => [secretUses[use].prefix, ownSecretName(use, '')]);

    for (const one of prefixes) expect(prefixes.filter((other) => other.startsWith(one.toLowerCase()))).toEqual([one]);
  });

  it.each(named)('lets a request name what is set aside for %s, and nothing else', (use) => {
    const schema = secretNameOf(use);
    const { prefix } = secretUses[use];
    const others = uses.filter((other) => other !== use).map((other) => `${secretUses[other].prefix}1`);

    expect(schema.safeParse(`${prefix}1`).success).toBe(true);
    for (const name of [
      ...others,
      prefix,
      prefix.toUpperCase() + '1',
      ` ${prefix}1`,
      `${prefix}1/2`,
      `${prefix}${'x'.repeat(127)}`,
      ownSecretName(use, '1'),
      'administrator-key',
      '',
    ]) {
      expect([name, schema.safeParse(name).success]).toEqual([name, false]);
    }
  });

  it('says under which name to store a secret', () => {
    const issues = secretNameOf('l2tpKey').safeParse('administrator-key').error?.issues;

    expect(issues).toMatchObject([
      { message: expect.stringContaining("'l2tp-key-'") as string, params: { code: 'secretNotSetAside' } },
    ]);
  });

  it('knows what the application keeps by its name, for its own use only', () => {
    const name = ownSecretName('vpnPassword', 'poc-ann');

    expect([isOwnSecret({ use: 'vpnPassword', name }), isSetAside({ use: 'vpnPassword', name })]).toEqual([true, true]);
    expect([isOwnSecret({ use: 'l2tpKey', name }), isSetAside({ use: 'l2tpKey', name })]).toEqual([false, false]);
    expect(isOwnSecret({ use: 'vpnPassword', name: 'vpn-password-ann' })).toBe(false);
  });
});
