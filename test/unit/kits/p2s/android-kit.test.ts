import { z } from 'zod';
import type { P2sSettings } from '../../../../src/kits/p2s/p2s-settings.ts';
import { buildP2sKit } from '../../../../src/kits/platforms.ts';
import { someP2sSettings } from '../../../support/builders/some-p2s-settings.ts';

/** What the app reads of such a file; unknown keys are passed over there, and no use to anybody. */
const sswanSchema = z.strictObject({
  uuid: z.guid(),
  name: z.string().min(1),
  type: z.enum(['ikev2-eap', 'ikev2-cert', 'ikev2-cert-eap', 'ikev2-eap-tls', 'ikev2-byod-eap']),
  remote: z.strictObject({ addr: z.string().min(1), id: z.string().optional(), cert: z.base64().optional() }),
  local: z.strictObject({ id: z.string().optional(), p12: z.base64().optional() }).optional(),
  'split-tunneling': z.strictObject({ subnets: z.array(z.union([z.cidrv4(), z.cidrv6()])) }).optional(),
  'dns-servers': z.string().optional(),
});

function read(settings: P2sSettings): z.output<typeof sswanSchema> {
  return sswanSchema.parse(JSON.parse(Buffer.from(buildP2sKit('android', settings).content).toString('utf8')));
}

describe('src/kits/p2s/android-kit', () => {
  it('is a profile of the app, for EAP-TLS', () => {
    const { profile, ...settings } = someP2sSettings();

    const content = read({ ...settings, profile: { ...profile, dnsServers: ['10.1.0.53', '10.1.0.54'] } });

    expect(content).toMatchObject({
      name: 'VNet1',
      type: 'ikev2-eap-tls',
      remote: { addr: profile.serverFqdn, cert: Buffer.from('server root').toString('base64') },
      local: { id: 'alice@example.org' },
      'split-tunneling': { subnets: ['10.1.0.0/16'] },
      'dns-servers': '10.1.0.53 10.1.0.54',
    });
  });

  it('lets the person choose the certificate where the key is theirs, and brings it where it was made here', () => {
    const pfx = { content: Buffer.from('key and certificates') };

    expect(read(someP2sSettings()).local).not.toHaveProperty('p12');
    expect(read(someP2sSettings({ pfx })).local?.p12).toBe(pfx.content.toString('base64'));
    expect(buildP2sKit('android', someP2sSettings()).notes.join(' ')).toContain('install it on the device first');
    expect(buildP2sKit('android', someP2sSettings({ pfx })).notes.join(' ')).toContain('holds the private key');
  });

  it('takes the place of the former profile of the same person and gateway', () => {
    const { uuid } = read(someP2sSettings());

    expect(read(someP2sSettings({ certificate: Buffer.from('renewed') })).uuid).toBe(uuid);
    expect(read(someP2sSettings({ gatewayId: 'vnet2gw' })).uuid).not.toBe(uuid);
  });
});
