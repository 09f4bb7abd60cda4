import type { OpenVpn2Kit, OpenVpn2KitOptions } from '../../../src/kits/openvpn2.ts';
import { buildOpenVpn2Kit } from '../../../src/kits/openvpn2.ts';
import { anOvpnTemplate } from '../../support/builders/an-ovpn-template.ts';

const certificatePem = '-----BEGIN CERTIFICATE-----\nbGVhZg==\n-----END CERTIFICATE-----\n';
const intermediatePem = '-----BEGIN CERTIFICATE-----\r\nY2hhaW4=\r\n-----END CERTIFICATE-----\r\n';

const options: OpenVpn2KitOptions = {
  ovpnTemplate: anOvpnTemplate(),
  certificatePem,
  chainPem: [],
  fileStem: 'vnet1gw-alice',
};

function build(changes: Partial<OpenVpn2KitOptions> = {}): OpenVpn2Kit {
  const result = buildOpenVpn2Kit({ ...options, ...changes });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join(' '));
  return result.kit;
}

function codesOf(changes: Partial<OpenVpn2KitOptions>): readonly string[] {
  const result = buildOpenVpn2Kit({ ...options, ...changes });
  return result.ok ? [] : result.problems.map(({ code }) => code);
}

describe('src/kits/openvpn2', () => {
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
      fileName: 'vnet1gw-alice.ovpn',
      keyFileName: 'vnet1gw-alice.key',
      mediaType: 'application/x-openvpn-profile',
    });
    expect(kit.notes.join(' ')).toContain('vnet1gw-alice.key');
  });

  it('puts the chain behind the certificate', () => {
    const { content } = build({ chainPem: [intermediatePem] });
    const block = /<cert>\n([^]*)\n<\/cert>/.exec(content)?.[1];
    expect(block).toBe(`${certificatePem}${intermediatePem.replaceAll('\r\n', '\n').trim()}`);
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
    ['no key block', anOvpnTemplate().replace(/<key>[^]*<\/key>/, ''), ['templateBlock']],
    ['no certificate block', anOvpnTemplate().replace(/<cert>[^]*<\/cert>/, ''), ['templateBlock']],
    ['two key blocks', `${anOvpnTemplate()}<key>\n</key>\n`, ['templateBlock']],
    ['a block that is not closed', anOvpnTemplate().replace('</key>', ''), ['templateBlockOpen']],
    ['no server', anOvpnTemplate().replace(/^remote .*$/m, ''), ['templateDirective']],
    ['nothing', '', ['templateBlock', 'templateBlock', 'templateBlock', 'templateDirective', 'templateDirective']],
  ])('refuses a template with %s', (_, ovpnTemplate, codes) => {
    expect(codesOf({ ovpnTemplate })).toEqual(codes);
  });

  it.each(['', '../alice', 'a b', '-alice', '.alice', 'a\nb', 'x'.repeat(65), 'a"b'])(
    'refuses the file stem %j',
    (fileStem) => {
      expect(codesOf({ fileStem })).toEqual(['fileStem']);
    },
  );
});
