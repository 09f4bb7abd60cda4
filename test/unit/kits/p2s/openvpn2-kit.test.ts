import { AppError } from '../../../../src/domain/app-error.ts';
import type { Kit } from '../../../../src/kits/kit.ts';
import { buildP2sKit } from '../../../../src/kits/platforms.ts';
import { anOvpnTemplate } from '../../../support/builders/an-ovpn-template.ts';
import { someP2sSettings } from '../../../support/builders/some-p2s-settings.ts';

const certificatePem = '-----BEGIN CERTIFICATE-----\nbGVhZg==\n-----END CERTIFICATE-----\n';
const intermediatePem = '-----BEGIN CERTIFICATE-----\nY2hhaW4=\n-----END CERTIFICATE-----\n';

interface Changes {
  readonly ovpnTemplate?: string | undefined;
  readonly chain?: readonly Uint8Array[];
  readonly fileStem?: string;
}

function build({ ovpnTemplate = anOvpnTemplate(), ...changes }: Changes = {}): Omit<Kit, 'content'> & {
  readonly content: string;
} {
  const settings = someP2sSettings(changes);
  const kit = buildP2sKit('openvpn2', { ...settings, profile: { ...settings.profile, ovpnTemplate } });
  return { ...kit, content: Buffer.from(kit.content).toString('utf8') };
}

function refusal(changes: Changes): AppError {
  try {
    build(changes);
  } catch (error: unknown) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('src/kits/p2s/openvpn2-kit', () => {
  it('fills the certificate in, points to the key file and drops the log', () => {
    const expected = anOvpnTemplate()
      .replace('log openvpn.log\n', '')
      .replace('$CLIENTCERTIFICATE\n', certificatePem)
      .replace('<key>\n$PRIVATEKEY\n</key>', 'key vnet1gw-alice.key');

    expect(build().content).toBe(expected);
  });

  it('names its files and says what to do with the key', () => {
    const kit = build();

    expect(kit).toMatchObject({
      fileName: 'vnet1gw-alice-openvpn2.ovpn',
      keyFileName: 'vnet1gw-alice.key',
      contentType: 'application/x-openvpn-profile',
    });
    expect(kit.notes.join(' ')).toContain('beside vnet1gw-alice-openvpn2.ovpn, as vnet1gw-alice.key');
  });

  it('holds the key that was made here, and says so', () => {
    const settings = someP2sSettings({ pfx: { content: Buffer.alloc(100, 'k') } });
    const kit = buildP2sKit('openvpn2', settings);
    const content = Buffer.from(kit.content).toString('utf8');

    const [, block = ''] = /<pkcs12>\n([^]*)\n<\/pkcs12>/.exec(content) ?? [];
    expect(Buffer.from(block, 'base64')).toEqual(Buffer.alloc(100, 'k'));
    expect(Math.max(...block.split('\n').map((line) => line.length))).toBe(64);
    expect(content).not.toMatch(/<cert>|^key /m);
    expect(kit.keyFileName).toBeUndefined();
    expect(kit.notes.join(' ')).toContain('holds the private key');
  });

  it('puts the chain behind the certificate', () => {
    const { content } = build({ chain: [Buffer.from('chain')] });
    const block = /<cert>\n([^]*)\n<\/cert>/.exec(content)?.[1];
    expect(block).toBe(`${certificatePem}${intermediatePem.trim()}`);
  });

  it('keeps CRLF and every other line of a template that has it', () => {
    const { content } = build({ ovpnTemplate: anOvpnTemplate().replaceAll('\n', '\r\n') });

    expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(content.replaceAll('\r\n', '\n')).toBe(build().content);
  });

  it('lets no private key of a template through', () => {
    const filled = anOvpnTemplate().replace(
      '$PRIVATEKEY',
      '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----',
    );
    expect(build({ ovpnTemplate: filled }).content).not.toMatch(/PRIVATE KEY|c2VjcmV0/);
  });

  it('leaves a line within a block alone, whatever it looks like', () => {
    const odd = anOvpnTemplate().replace('MIIC\n', 'log inside\nMIIC\n');
    expect(build({ ovpnTemplate: odd }).content).toContain('log inside');
  });

  it.each([
    ['no key block', anOvpnTemplate().replace(/<key>[^]*<\/key>/, ''), ['0 blocks <key>']],
    ['no certificate block', anOvpnTemplate().replace(/<cert>[^]*<\/cert>/, ''), ['0 blocks <cert>']],
    ['two key blocks', `${anOvpnTemplate()}<key>\n</key>\n`, ['2 blocks <key>']],
    ['a block that is not closed', anOvpnTemplate().replace('</key>', ''), ['not closed']],
    ['no server', anOvpnTemplate().replace(/^remote .*$/m, ''), ['no directive "remote"']],
    ['nothing', '', ['<ca>', '<cert>', '<key>', 'no directive "client"', 'no directive "remote"']],
  ])('refuses a template with %s', (_, ovpnTemplate, words) => {
    const { code, message } = refusal({ ovpnTemplate });

    expect(code).toBe('ERR_AZURE_REFUSED');
    expect(message.match(/The template has|An inline block/g)).toHaveLength(words.length);
    for (const word of words) expect(message).toContain(word);
  });

  it('says what a gateway without OpenVPN lacks', () => {
    const { profile, ...settings } = someP2sSettings();
    const { ovpnTemplate: _without, ...ikeOnly } = profile;

    expect(() => buildP2sKit('openvpn2', { ...settings, profile: ikeOnly })).toThrow(
      'holds no OpenVPN profile; its protocols must include OpenVPN',
    );
  });

  it.each(['', '../alice', 'a b', '-alice', '.alice', 'a\nb', 'x'.repeat(65), 'a"b'])(
    'refuses the file stem %j',
    (fileStem) => {
      expect(refusal({ fileStem })).toMatchObject({
        code: 'ERR_REQUEST_INVALID',
        problems: [{ path: '/fileStem', code: 'unfitForClients' }],
      });
    },
  );
});
