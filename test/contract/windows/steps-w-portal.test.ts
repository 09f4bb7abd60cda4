// The steps on portal machines, and the checks before: every step's probe, apply, verify and undo, and what refuses it.
import type { SignatureStatus } from '../../../sandbox/windows/connector/state.ts';
import { addPersonalCertificate, installConnector } from '../../support/windows/connector-machines.ts';
import {
  aConnectorWorld,
  connectorPackage,
  type ConnectorWorld,
  issuersOf,
  packageFolder,
  portalThumbprint,
  urlRewriteInstaller,
  wapVersion,
} from '../../support/windows/connector-world.ts';

const portal = 'wapcomputer1';
const host = 'wapcomputer1.contoso.com';

let test: ConnectorWorld;

beforeEach(async () => {
  test = await aConnectorWorld();
});

/** Every package from now on is signed so. */
function offerSigned(signature: SignatureStatus): void {
  test.world.connector.packages = test.world.connector.packages.map((offered) => ({ ...offered, signature }));
}

describe('sandbox/windows/steps/w2-installed-versions', () => {
  it('returns versions, and names what is missing or older', () => {
    const wap = (minimum: string) => ({ products: [{ name: 'wap', minimum }] });

    expect(test.run('W2', 'probe', portal, wap('3.32.8196.12'))).toMatchObject({
      ok: true,
      facts: { products: [{ name: 'wap', version: wapVersion }] },
    });
    expect(test.run('W2', 'probe', portal, wap('3.34'))).toMatchObject({ ok: false, code: 'Precondition' });
    expect(test.run('W2', 'probe', portal, { products: [{ name: 'spf', minimum: '7.2' }] })).toMatchObject({
      ok: false,
      code: 'Precondition',
      facts: { products: [] },
    });
  });

  it('refuses what PowerShell could not bind', () => {
    expect(test.run('W2', 'probe', portal, { products: [], other: 1 })).toMatchObject({
      code: 'ToolFailed',
      exitCode: 1,
    });
    expect(test.run('W2', 'probe', portal, {})).toMatchObject({ code: 'ToolFailed', exitCode: 1 });
    expect(test.run('W2', 'apply', portal, { products: [] })).toMatchObject({ code: 'ToolFailed', exitCode: 1 });
  });
});

describe('sandbox/windows/steps/w6-network', () => {
  const endpoints = (name: string, port: number) => ({ endpoints: [{ host: name, port }] });

  it('returns what this machine sees of names and ports', () => {
    expect(test.run('W6', 'probe', 'wasp', endpoints(host, 30_081)).facts).toEqual({
      results: [{ host, port: 30_081, resolved: true, connected: true, issue: '' }],
    });
    expect(test.issue('W6', 'wasp', host, 40_005)).toBe('portClosed');
    expect(test.issue('W6', 'wasp', 'nowhere.contoso.com', 30_081)).toBe('notResolved');
    test.world.network.blocked.push({ from: 'wasp', to: portal });
    expect(test.issue('W6', 'wasp', host, 30_081)).toBe('noRoute');
    expect(test.issue('W6', 'host', host, 30_081)).toBe('');
  });

  it('judges TLS by the stores of the machine that looks', () => {
    expect(test.issue('W23', 'wasp', host, 30_081)).toBe('untrusted');
    expect(test.issue('W23', portal, host, 30_081)).toBe('');
    expect(test.run('W23', 'probe', portal, endpoints(host, 30_081)).facts).toMatchObject({
      results: [{ trusted: true, notAfter: expect.stringMatching(/^\d{4}-.*Z$/) as string }],
    });
  });
});

describe('sandbox/windows/steps/w7-tls-certificate', () => {
  it('returns the certificate of the binding with its issuers', () => {
    const answer = test.run('W7', 'probe', portal, { tenantPortalFqdn: host });

    expect(answer).toMatchObject({
      ok: true,
      facts: { thumbprint: portalThumbprint(test, portal), issuers: [{ store: 'CA' }, { store: 'Root' }] },
    });
  });

  it('refuses a certificate that will not do', async () => {
    const check = (thumbprint?: string, tenantPortalFqdn = host) =>
      test.run('W7', 'probe', portal, { tenantPortalFqdn, ...(thumbprint === undefined ? {} : { thumbprint }) });

    expect(check(undefined, 'other.contoso.com')).toMatchObject({ code: 'Precondition' });
    expect(check('0'.repeat(40))).toMatchObject({ code: 'Precondition' });
    expect(check(await addPersonalCertificate(test, portal, 'selfSigned'))).toMatchObject({ code: 'Precondition' });
    expect(check(await addPersonalCertificate(test, portal, 'expired'))).toMatchObject({ code: 'Precondition' });
    expect(check(await addPersonalCertificate(test, portal, 'keyless'))).toMatchObject({ code: 'Precondition' });
  });
});

describe('sandbox/windows/steps/w8-trust-issuer', () => {
  it('makes TLS valid from there, and takes back only what it added', () => {
    for (const issuer of issuersOf(test, portal, host)) {
      expect(test.run('W8', 'probe', 'wasp', issuer)).toMatchObject({ ok: false, code: 'NotDone' });
      expect(test.run('W8', 'apply', 'wasp', issuer)).toMatchObject({ ok: true, changed: true });
      expect(test.run('W8', 'apply', 'wasp', issuer)).toMatchObject({ ok: true, changed: false });
      expect(test.run('W8', 'verify', 'wasp', issuer)).toMatchObject({ ok: true });
    }
    expect(test.issue('W23', 'wasp', host, 30_081)).toBe('');
    for (const issuer of issuersOf(test, portal, host)) {
      expect(test.run('W8', 'undo', 'wasp', issuer)).toMatchObject({ ok: true, changed: true });
      expect(test.run('W8', 'undo', portal, issuer)).toMatchObject({ ok: true, changed: false });
    }
    expect(test.issue('W23', 'wasp', host, 30_081)).toBe('untrusted');
    expect(test.issue('W23', portal, host, 30_081)).toBe('');
  });

  it('refuses a certificate that its thumbprint does not name', () => {
    const [issuer] = issuersOf(test, portal, host);

    expect(test.run('W8', 'apply', 'wasp', { ...issuer, thumbprint: '0'.repeat(40) })).toMatchObject({
      code: 'Precondition',
    });
  });
});

describe('sandbox/windows/steps/w10-url-rewrite', () => {
  it('installs it, says 3010 where a restart is due, and removes only its own', () => {
    test.part(portal).urlRewrite = { isOurs: false };

    expect(test.run('W10', 'probe', portal, {})).toMatchObject({ code: 'Precondition' });
    expect(test.run('W10', 'probe', portal, urlRewriteInstaller)).toMatchObject({ code: 'NotDone' });
    expect(test.run('W10', 'apply', portal, urlRewriteInstaller)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W10', 'verify', portal, urlRewriteInstaller)).toMatchObject({ ok: true });
    expect(test.run('W10', 'undo', portal, urlRewriteInstaller)).toMatchObject({ ok: true, changed: true });
    expect(test.part(portal).urlRewrite.version).toBeUndefined();
  });

  it.each(['HashMismatch', 'NotTrusted', 'UnknownError'] as const)(
    'does not start an installer whose signature is %s',
    (signature) => {
      test.part(portal).urlRewrite = { isOurs: false };
      offerSigned(signature);

      expect(test.run('W10', 'apply', portal, urlRewriteInstaller)).toMatchObject({
        ok: false,
        changed: false,
        code: 'Precondition',
        facts: { signature },
        message: expect.stringContaining(signature) as unknown,
      });
      expect(test.part(portal).urlRewrite).toEqual({ isOurs: false });
    },
  );

  it('installs what carries no signature by its hash alone, and says so', () => {
    test.part(portal).urlRewrite = { isOurs: false };
    offerSigned('NotSigned');

    expect(test.run('W10', 'apply', portal, urlRewriteInstaller)).toMatchObject({
      ok: true,
      facts: { signature: 'NotSigned' },
    });
  });

  it('leaves alone what was there before', () => {
    expect(test.run('W10', 'apply', portal, urlRewriteInstaller)).toMatchObject({ ok: true, changed: false });
    expect(test.run('W10', 'undo', portal, urlRewriteInstaller)).toMatchObject({ ok: true, changed: false });
    expect(test.part(portal).urlRewrite.version).toBeDefined();
  });
});

describe('sandbox/windows/steps/w18-stage-package', () => {
  it('stages the approved package once', () => {
    expect(test.run('W18', 'probe', portal, connectorPackage)).toMatchObject({ code: 'NotDone' });
    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({ ok: true, changed: false });
    expect(test.run('W18', 'verify', portal, connectorPackage)).toMatchObject({ ok: true });
    expect(test.run('W18', 'undo', portal, connectorPackage)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W18', 'undo', portal, connectorPackage)).toMatchObject({ ok: true, changed: false });
  });

  it('counts the signatures of what is in it', () => {
    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({ facts: { signed: 12, notSigned: 0 } });
    test.run('W18', 'undo', portal, connectorPackage);
    offerSigned('NotSigned');
    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({
      ok: true,
      facts: { signed: 0, notSigned: 12 },
    });
  });

  it('stages nothing of which a signature is wrong', () => {
    offerSigned('HashMismatch');

    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({
      ok: false,
      changed: false,
      code: 'Precondition',
      facts: { signed: 0, notSigned: 0, doubtful: 12 },
    });
    expect(test.part(portal).staged).toEqual({});
  });

  it('keeps what somebody unpacked by hand, and puts it back', () => {
    const byHand = { sha256: '', version: '1.0', isByHand: true };
    test.part(portal).staged = { [packageFolder]: byHand };

    expect(test.run('W18', 'undo', portal, connectorPackage)).toMatchObject({ ok: true, changed: false });
    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({ ok: true, changed: false });
    expect(test.run('W18', 'undo', portal, connectorPackage)).toMatchObject({ ok: true, changed: true });
    expect(test.part(portal).staged).toEqual({ [packageFolder]: byHand });
  });

  it('puts back what somebody unpacked by hand where it was cut off while the folder was away', () => {
    const byHand = { sha256: '', version: '1.0', isByHand: true };
    test.part(portal).keptAside = { [packageFolder]: byHand };

    expect(test.run('W18', 'undo', portal, connectorPackage)).toMatchObject({ ok: true, changed: true });
    expect(test.part(portal)).toMatchObject({ staged: { [packageFolder]: byHand }, keptAside: {} });
    expect(test.run('W18', 'undo', portal, connectorPackage)).toMatchObject({ ok: true, changed: false });
  });

  it('refuses an unknown host, a missing file, another hash, a full disk', () => {
    const at = (uri: string) => ({ ...connectorPackage, uri });

    expect(test.run('W18', 'apply', portal, at('https://elsewhere.example/wap.zip'))).toMatchObject({
      code: 'ToolFailed',
    });
    expect(test.run('W18', 'apply', portal, at(`${connectorPackage.uri}.old`))).toMatchObject({ code: 'ToolFailed' });
    expect(test.run('W18', 'apply', portal, { ...connectorPackage, sha256: '0'.repeat(64) })).toMatchObject({
      code: 'Precondition',
    });
    test.part(portal).freeDiskBytes = 1000;
    expect(test.run('W18', 'apply', portal, connectorPackage)).toMatchObject({ code: 'ToolFailed' });
    expect(test.part(portal).staged).toEqual({});
  });
});

describe('sandbox/windows/steps/w19-install-connector', () => {
  it('refuses without the package and without URL Rewrite', () => {
    expect(test.run('W19', 'apply', portal, { folder: packageFolder })).toMatchObject({ code: 'Precondition' });
    test.run('W18', 'apply', portal, connectorPackage);
    test.part(portal).urlRewrite = { isOurs: false };
    expect(test.run('W19', 'apply', portal, { folder: packageFolder })).toMatchObject({ code: 'Precondition' });
  });

  it('adds three products and three sites, and undoes exactly that', () => {
    test.run('W18', 'apply', portal, connectorPackage);

    expect(test.run('W20', 'probe', portal, {})).toMatchObject({ ok: false });
    const answer = test.run('W19', 'apply', portal, { folder: packageFolder });
    expect(answer).toMatchObject({ ok: true, changed: true });
    expect((answer.facts as { products: string[] }).products).toHaveLength(3);
    expect(test.run('W20', 'probe', portal, {})).toMatchObject({ ok: true });
    expect(test.issue('W6', 'wasp', host, 40_005)).toBe('');
    expect(test.issue('W23', 'wasp', host, 40_005)).toBe('untrusted');
    expect(test.run('W19', 'undo', portal, { folder: packageFolder })).toMatchObject({ ok: true, changed: true });
    expect(test.run('W19', 'probe', portal, { folder: packageFolder })).toMatchObject({ code: 'NotDone' });
    expect(test.issue('W6', 'wasp', host, 40_005)).toBe('portClosed');
  });

  it('goes on from one product of three where the machine died meanwhile', () => {
    test.run('W18', 'apply', portal, connectorPackage);
    test.interrupt('W19', portal, { folder: packageFolder });

    expect(test.run('W19', 'probe', portal, { folder: packageFolder })).toMatchObject({ code: 'NotDone' });
    expect(test.run('W19', 'apply', portal, { folder: packageFolder })).toMatchObject({ ok: true, changed: true });
    expect(test.run('W19', 'undo', portal, { folder: packageFolder })).toMatchObject({ ok: true, changed: true });
    expect(test.part(portal).sites.filter(({ name }) => name.startsWith('MgmtSvc-Connector'))).toEqual([]);
  });
});

describe('sandbox/windows/steps/w21-bind-certificate', () => {
  const bind = (mode: 'probe' | 'apply' | 'undo', thumbprint: string) =>
    test.run('W21', mode, portal, { folder: packageFolder, thumbprint });

  it('binds a certificate that is there with its key', async () => {
    const thumbprint = portalThumbprint(test, portal);
    expect(bind('apply', thumbprint)).toMatchObject({ code: 'Precondition' });
    installConnector(test, portal);

    expect(bind('probe', thumbprint)).toMatchObject({ code: 'NotDone' });
    expect(bind('apply', '0'.repeat(40))).toMatchObject({ code: 'Precondition' });
    expect(bind('apply', await addPersonalCertificate(test, portal, 'keyless'))).toMatchObject({
      code: 'Precondition',
    });
    expect(bind('apply', thumbprint)).toMatchObject({ ok: true, changed: true });
    expect(bind('apply', thumbprint)).toMatchObject({ ok: true, changed: false });
    expect(test.issue('W23', portal, host, 40_005)).toBe('');
  });

  it('forgets at undo that nothing was bound before', async () => {
    const former = await addPersonalCertificate(test, portal, 'expired');
    const thumbprint = portalThumbprint(test, portal);
    installConnector(test, portal);
    bind('apply', thumbprint);
    expect(bind('undo', thumbprint)).toMatchObject({ ok: true, changed: false });

    for (const site of test.part(portal).sites.slice(2)) site.thumbprint = former;
    bind('apply', thumbprint);
    expect(bind('undo', thumbprint)).toMatchObject({ ok: true, changed: true, facts: { thumbprint: former } });
  });

  it('binds what was before again, with the package that does it', async () => {
    const former = await addPersonalCertificate(test, portal, 'expired');
    const thumbprint = portalThumbprint(test, portal);
    installConnector(test, portal);
    expect(bind('undo', thumbprint)).toMatchObject({ ok: true, changed: false });
    for (const site of test.part(portal).sites.slice(2)) site.thumbprint = former;
    bind('apply', thumbprint);

    const { staged } = test.part(portal);
    test.part(portal).staged = {};
    expect(bind('undo', thumbprint)).toMatchObject({ ok: false, code: 'Precondition' });
    test.part(portal).staged = staged;
    expect(bind('undo', thumbprint)).toMatchObject({ ok: true, changed: true, facts: { thumbprint: former } });
    expect(test.issue('W23', portal, host, 40_005)).toBe('expired');
  });
});

describe('sandbox/windows/steps/w22-configure-connector', () => {
  const wanted = {
    folder: packageFolder,
    tenantPortalFqdn: host,
    tenantApiFqdn: host,
    azureStackPortalFqdn: 'portal.local.azurestack.external',
  };

  it('writes three files, notices another name, and restores what was before', () => {
    installConnector(test, portal);

    expect(test.run('W22', 'probe', portal, wanted)).toMatchObject({ code: 'NotDone' });
    expect(test.run('W22', 'apply', portal, wanted)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W22', 'verify', portal, wanted)).toMatchObject({ ok: true });
    expect(test.run('W22', 'apply', portal, wanted)).toMatchObject({ ok: true, changed: false });
    expect(test.run('W22', 'apply', portal, { ...wanted, tenantApiFqdn: 'no.contoso.com' })).toMatchObject({
      code: 'Precondition',
    });
    expect(test.run('W22', 'verify', portal, { ...wanted, tenantApiFqdn: 'api.contoso.com' })).toMatchObject({
      code: 'VerifyFailed',
    });
    expect(test.run('W22', 'undo', portal, wanted)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W22', 'probe', portal, wanted)).toMatchObject({ code: 'NotDone' });
  });

  it('is not done where somebody wrote the names, or changed a file since', () => {
    installConnector(test, portal);
    const { folder, ...settings } = wanted;
    for (const site of test.part(portal).sites.slice(-3)) site.settings = settings;
    expect(test.run('W22', 'probe', portal, { folder, ...settings })).toMatchObject({ code: 'NotDone' });

    test.run('W22', 'apply', portal, wanted);
    for (const site of test.part(portal).sites.slice(-1)) site.settings = { ...settings, more: 'true' };
    expect(test.run('W22', 'verify', portal, wanted)).toMatchObject({ code: 'VerifyFailed' });
    expect(test.run('W22', 'apply', portal, wanted)).toMatchObject({ ok: true, changed: true });
  });

  it('is not done where the machine died after the first file', () => {
    installConnector(test, portal);
    test.interrupt('W22', portal, wanted);

    expect(test.run('W22', 'probe', portal, wanted)).toMatchObject({ code: 'NotDone' });
    test.run('W22', 'apply', portal, wanted);
    test.run('W22', 'undo', portal, wanted);
    expect(test.part(portal).sites.flatMap(({ settings }) => Object.keys(settings))).toEqual([]);
  });
});
