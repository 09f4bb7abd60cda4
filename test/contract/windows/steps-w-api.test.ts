// The steps on Tenant API machines: data file, update, health, protected Web.config, and the trust that is made exactly
// once.
import { thumbprintOf } from '../../../sandbox/windows/connector/data-file.ts';
import { dataFileOf, runMultiCloud } from '../../support/windows/connector-machines.ts';
import {
  aConnectorWorld,
  connectorPackage,
  type ConnectorWorld,
  packageFolder,
  realm,
  type RunOptions,
  sqlAdmin,
  tenantApiVersion,
  wapVersion,
} from '../../support/windows/connector-world.ts';

const api = 'wapcomputer1';
const folder = packageFolder;

let test: ConnectorWorld;

beforeEach(async () => {
  test = await aConnectorWorld();
  runMultiCloud(test, 'apply');
  test.run('W18', 'apply', api, connectorPackage);
});

describe('sandbox/windows/steps/w26-data-file', () => {
  it('copies byte by byte, once, and deletes it again', () => {
    const { parameters, secrets } = dataFileOf(test, 1);

    expect(test.run('W26', 'probe', api, parameters, { secrets })).toMatchObject({ code: 'NotDone' });
    expect(test.run('W26', 'apply', api, parameters, { secrets })).toMatchObject({ ok: true, changed: true });
    expect(test.run('W26', 'apply', api, parameters, { secrets })).toMatchObject({ ok: true, changed: false });
    expect(test.run('W26', 'verify', api, parameters, { secrets })).toMatchObject({ ok: true });
    expect(test.run('W26', 'undo', api, parameters, { secrets })).toMatchObject({ ok: true, changed: true });
    expect(test.run('W26', 'undo', api, parameters, { secrets })).toMatchObject({ ok: true, changed: false });
  });

  it('sees another file of that name for what it is', () => {
    const { parameters, secrets } = dataFileOf(test, 1);
    test.machine(api).files[`${folder}\\${parameters.fileName}`] = Buffer.from('half').toString('base64');

    expect(test.run('W26', 'probe', api, parameters, { secrets })).toMatchObject({ code: 'NotDone' });
    expect(test.run('W26', 'undo', api, parameters, { secrets })).toMatchObject({ ok: true, changed: false });
    expect(test.run('W26', 'apply', api, parameters, { secrets })).toMatchObject({ ok: true, changed: true });
    expect(test.run('W26', 'verify', api, parameters, { secrets })).toMatchObject({ ok: true });
  });

  it('refuses content of another hash', () => {
    const { parameters } = dataFileOf(test, 1);
    const { secrets } = dataFileOf(test, 2);

    expect(test.run('W26', 'apply', api, parameters, { secrets })).toMatchObject({ code: 'Precondition' });
  });
});

describe('sandbox/windows/steps/w27-tenant-api', () => {
  it('updates and goes back to the version from before', () => {
    expect(test.run('W27', 'probe', api, { folder })).toMatchObject({
      code: 'NotDone',
      facts: { version: wapVersion },
    });
    expect(test.run('W27', 'apply', api, { folder })).toMatchObject({
      changed: true,
      facts: { version: tenantApiVersion },
    });
    expect(test.run('W27', 'apply', api, { folder })).toMatchObject({ ok: false, code: 'ToolFailed' });
    expect(test.run('W27', 'verify', api, { folder })).toMatchObject({ ok: true });
    Object.assign(test.part(api).sites[1] ?? {}, { state: 'Stopped' });
    expect(test.run('W27', 'verify', api, { folder })).toMatchObject({ code: 'VerifyFailed' });
    expect(test.run('W27', 'probe', api, { folder })).toMatchObject({ ok: true });
    expect(test.run('W27', 'undo', api, { folder })).toMatchObject({ changed: true, facts: { version: wapVersion } });
    expect(test.run('W27', 'undo', api, { folder })).toMatchObject({ changed: false });
  });

  it('says 1618 once and 3010 once where Windows Installer does', () => {
    test.machine(api).installer = { busyTimes: 1, rebootTimes: 1 };

    expect(test.run('W27', 'apply', api, { folder })).toMatchObject({ ok: false, code: 'Busy', exitCode: 1618 });
    expect(test.part(api).tenantApi?.version).toBe(wapVersion);
    expect(test.run('W27', 'apply', api, { folder })).toMatchObject({
      ok: true,
      code: 'RebootRequired',
      exitCode: 3010,
    });
    expect(test.machine(api).isRestartPending).toBe(true);
  });

  it('refuses without the package, and where there is no Tenant API', () => {
    test.run('W18', 'undo', api, connectorPackage);

    expect(test.run('W27', 'apply', api, { folder })).toMatchObject({ code: 'Precondition' });
    expect(test.run('W27', 'apply', 'host', { folder })).toMatchObject({ code: 'Precondition' });
  });

  it('looks at the site and at the event log', () => {
    expect(test.run('W28', 'probe', api, {})).toMatchObject({ ok: true, facts: { errors: 0 } });
    Object.assign(test.part(api).tenantApi ?? {}, { eventLogErrors: 2 });
    expect(test.run('W28', 'probe', api, {})).toMatchObject({ ok: false, code: 'VerifyFailed', facts: { errors: 2 } });
  });
});

describe('sandbox/windows/steps/w30-sql-server', () => {
  it('reads the server and leaves the file protected', () => {
    expect(test.run('W30', 'probe', api, { isServerKnown: true })).toMatchObject({ ok: true });
    expect(test.run('W30', 'probe', api, { isServerKnown: false })).toMatchObject({ code: 'NotDone' });
    expect(test.run('W30', 'apply', api, { isServerKnown: false })).toMatchObject({
      ok: true,
      changed: true,
      facts: { sqlServer: 'wapcomputer1', isProtected: true },
    });
  });

  it('shows secrets in clear after a crash until it is applied again', () => {
    test.interrupt('W30', api, { isServerKnown: false });

    expect(test.run('W30', 'probe', api, { isServerKnown: true })).toMatchObject({
      code: 'NotDone',
      facts: { isProtected: false },
    });
    expect(test.run('W30', 'verify', api, { isServerKnown: true })).toMatchObject({ code: 'VerifyFailed' });
    expect(test.run('W30', 'apply', api, { isServerKnown: true })).toMatchObject({ ok: true, changed: true });
    expect(test.run('W30', 'verify', api, { isServerKnown: true })).toMatchObject({ ok: true });
  });
});

describe('sandbox/windows/steps/w31-trust', () => {
  const server = () => test.connector.sqlServers['wapcomputer1'];

  function trust(mode: 'probe' | 'apply' | 'verify' | 'undo', more: object = {}, options: RunOptions = {}) {
    const { parameters } = dataFileOf(test, 1);
    const thumbprint = thumbprintOf(test.connector.azureStack.signingCertificate);
    const wanted = { ...parameters, sqlServer: 'wapcomputer1', realm, thumbprint, ...more };
    return test.run('W31', mode, api, wanted, { runAs: sqlAdmin, ...options });
  }

  beforeEach(() => {
    const { parameters, secrets } = dataFileOf(test, 1);
    test.run('W26', 'apply', api, parameters, { secrets });
  });

  it('trusts once, keeps a backup, and restores it', () => {
    expect(trust('probe')).toMatchObject({ code: 'NotDone', facts: { isTrusted: false } });
    expect(trust('apply')).toMatchObject({ ok: true, changed: true, facts: { isTrusted: true } });
    expect(trust('verify')).toMatchObject({ ok: true });
    expect(server()).toMatchObject({ trustRuns: { [realm]: 1 }, backups: [{ trusts: [] }] });
    test.pass(60_000);
    expect(trust('undo')).toMatchObject({ ok: true, changed: true, facts: { isTrusted: false } });
    expect(trust('undo')).toMatchObject({ ok: true, changed: false });
    expect(test.connector.violations).toEqual([]);
  });

  it('is gone where the settings showed it once and show it no more', () => {
    trust('apply');
    Object.assign(server() ?? {}, { trusts: [] });

    expect(trust('verify')).toMatchObject({ code: 'VerifyFailed', facts: { isTrusted: false } });
  });

  it('is left to a person where the settings never show it', () => {
    Object.assign(server() ?? {}, { showsTrusts: false });

    expect(trust('apply')).toMatchObject({ ok: true, facts: { isTrusted: false } });
    expect(trust('verify')).toMatchObject({ ok: true, facts: { isTrusted: false } });
    expect(trust('verify').message).toContain('a sign-in decides');
  });

  it('takes a file as Out-File writes it', () => {
    test.connector.privilegedEndpoint.format = 'utf16';
    test.connector.outputFiles = [];
    runMultiCloud(test, 'apply');
    const { parameters, secrets } = dataFileOf(test, 1);
    test.run('W26', 'apply', api, parameters, { secrets });

    expect(trust('apply')).toMatchObject({ ok: true, facts: { isTrusted: true } });
  });

  it('keeps what was trusted before when it goes back', () => {
    const other = { realm: 'https://sts.contoso.com/', thumbprint: 'F'.repeat(40) };
    server()?.trusts.push(other);

    trust('apply');
    trust('undo');

    expect(server()?.trusts).toEqual([other]);
  });

  it('needs a person who is sysadmin there and administrator here', () => {
    Object.assign(server() ?? {}, { logins: ['CONTOSO\\reader'] });

    expect(trust('apply', {}, { runAs: 'CONTOSO\\nobody' })).toMatchObject({ code: 'AuthFailed' });
    expect(trust('apply', {}, { runAs: 'CONTOSO\\reader' })).toMatchObject({ code: 'Precondition' });
    expect(trust('apply', {}, { isElevated: false })).toMatchObject({ code: 'Precondition' });
    expect(trust('apply', { sqlServer: 'elsewhere' })).toMatchObject({ code: 'Unreachable' });
    expect(server()).toMatchObject({ trusts: [], trustRuns: {} });
  });

  it('refuses a file that is gone or another, and a script that is not there', () => {
    expect(trust('apply', { fileName: 'other.txt' })).toMatchObject({ code: 'Precondition' });
    expect(trust('apply', { sha256: '0'.repeat(64) })).toMatchObject({ code: 'Precondition' });
    test.run('W18', 'undo', api, connectorPackage);
    expect(trust('apply')).toMatchObject({ code: 'Precondition' });
  });

  it('has a backup and no trust where the machine died meanwhile', () => {
    const { parameters } = dataFileOf(test, 1);
    const thumbprint = thumbprintOf(test.connector.azureStack.signingCertificate);
    const wanted = { ...parameters, sqlServer: 'wapcomputer1', realm, thumbprint };
    test.interrupt('W31', api, wanted, { runAs: sqlAdmin });

    expect(trust('probe')).toMatchObject({ code: 'NotDone' });
    test.pass(1000);
    expect(trust('apply')).toMatchObject({ ok: true });
    expect(server()).toMatchObject({ backups: [{ trusts: [] }], trustRuns: { [realm]: 1 } });
  });

  it('spoils the store, and says so, where two work on it at once', () => {
    trust('apply', {}, { lastedMs: 60_000 });
    test.pass(10_000);
    trust('apply', {}, { lastedMs: 60_000 });

    expect(test.connector.violations).toHaveLength(1);
    expect(server()?.isCorrupt).toBe(true);
  });

  it('spoils nothing where one comes after the other', () => {
    trust('apply', {}, { lastedMs: 60_000 });
    test.pass(60_000);
    trust('undo', {}, { lastedMs: 60_000 });

    expect(test.connector.violations).toEqual([]);
  });
});
