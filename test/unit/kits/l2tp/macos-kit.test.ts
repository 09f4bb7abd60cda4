import { parse } from 'plist';
import type { L2tpSettings } from '../../../../src/kits/l2tp/l2tp-settings.ts';
import { buildL2tpKit } from '../../../../src/kits/platforms.ts';
import { hostileKeys, hostileNames, someL2tpSettings } from '../../../support/builders/some-l2tp-settings.ts';
import { breaches, payloadKeys, profileKeys } from '../../../support/kits/apple-payload-keys.ts';

interface Payload {
  readonly PayloadType: string;
  readonly PayloadUUID: string;
  readonly PayloadIdentifier: string;
  readonly [key: string]: unknown;
}
interface Profile extends Payload {
  readonly PayloadContent: readonly Payload[];
  readonly PayloadDescription: string;
}

function profileOf(changes: Partial<L2tpSettings> = {}): Profile {
  const kit = buildL2tpKit('macos', someL2tpSettings(changes));
  return parse(Buffer.from(kit.content).toString('utf8')) as unknown as Profile;
}

function payload(profile: Profile, type: string): Payload {
  const found = profile.PayloadContent.find(({ PayloadType }) => PayloadType === type);
  if (found === undefined) throw new Error(`no payload ${type}`);
  return found;
}

const vpn = 'com.apple.vpn.managed';

describe('src/kits/l2tp/macos-kit', () => {
  it.each([
    ['full', ['192.168.200.2']],
    ['full', []],
    ['split', ['192.168.200.2']],
    ['split', []],
  ] as const)('keeps to the keys of Apple: %s tunnel, servers %j', (tunnel, dnsServers) => {
    const profile = profileOf({ tunnel, dnsServers });

    const found = profile.PayloadContent.map((one) => breaches(payloadKeys[one.PayloadType] ?? {}, one));
    expect([breaches(profileKeys, profile), ...found]).toEqual([[], [], []]);
  });

  it('describes the connection as the procedure does', () => {
    expect(payload(profileOf(), vpn)).toMatchObject({
      UserDefinedName: 'Azure Stack poc1',
      VPNType: 'L2TP',
      IPSec: {
        AuthenticationMethod: 'SharedSecret',
        SharedSecret: new Uint8Array(Buffer.from(someL2tpSettings().sharedKey)),
        LocalIdentifierType: 'KeyID',
      },
      PPP: { CommRemoteAddress: '203.0.113.5', AuthName: 'alice', TokenCard: 0 },
      IPv4: { OverridePrimary: 0 },
      DNS: { DNSProtocol: 'Cleartext', ServerAddresses: ['192.168.200.2'], SearchDomains: ['azurestack.local'] },
    });
  });

  it('sends everything through a full tunnel', () => {
    expect(payload(profileOf({ tunnel: 'full' }), vpn)['IPv4']).toEqual({ OverridePrimary: 1 });
  });

  it('says what it cannot set', () => {
    const { PayloadDescription: text } = profileOf({ tunnel: 'split', dnsServers: [] });

    expect(text).toContain('sudo route -n add -net 192.168.133.0/24 -interface ppp0');
    expect(text).toContain('search domain azurestack.local');
    expect(payload(profileOf({ dnsServers: [] }), vpn)).not.toHaveProperty('DNS');
  });

  it('carries the certificate as it is', () => {
    const { certificate } = someL2tpSettings();

    expect(payload(profileOf(), 'com.apple.security.root')['PayloadContent']).toEqual(new Uint8Array(certificate.der));
  });

  it.each(hostileKeys)('carries the key %j', (sharedKey) => {
    expect(payload(profileOf({ sharedKey }), vpn)['IPSec']).toMatchObject({
      SharedSecret: new Uint8Array(Buffer.from(sharedKey)),
    });
  });

  it.each(hostileNames)('carries the name %j', (name) => {
    const profile = profileOf({ connectionName: name, userName: name });

    expect(payload(profile, vpn)).toMatchObject({ UserDefinedName: name, PPP: { AuthName: name } });
  });

  it('gives each payload an identifier of its own, and other ones for another seed', () => {
    const idsOf = (profile: Profile): readonly string[] =>
      [profile, ...profile.PayloadContent].flatMap((one) => [one.PayloadUUID, one.PayloadIdentifier]);

    const ids = [...idsOf(profileOf()), ...idsOf(profileOf({ idSeed: 'poc1 bob' }))];
    expect(new Set(ids).size).toBe(12);
    for (const uuid of ids.filter((id) => !id.startsWith('gatehouse'))) {
      expect(uuid).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/);
    }
  });
});
