// The privileged endpoint and its output share: who may open it, what it says, what it leaves behind.
import { endpointSecrets, multiCloudParameters, runMultiCloud } from '../../support/windows/connector-machines.ts';
import {
  aConnectorWorld,
  cloudAdmin,
  clouds,
  type ConnectorWorld,
  domainAdmin,
  emulator,
  lockOutThreshold,
  outputShare,
  sqlAdmin,
  sqlAdminPassword,
} from '../../support/windows/connector-world.ts';

const cloudNames = clouds.map(({ name }) => name);
let test: ConnectorWorld;

beforeEach(async () => {
  test = await aConnectorWorld();
});

describe('sandbox/windows/steps/w11-credssp', () => {
  it('lets credentials go to that one computer, and forbids it again', () => {
    const endpoint = { computerName: 'azs-ercs01' };

    expect(test.run('W11', 'probe', 'host', endpoint)).toMatchObject({ code: 'NotDone' });
    expect(test.run('W11', 'apply', 'host', endpoint)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W11', 'verify', 'host', endpoint)).toMatchObject({ ok: true });
    expect(test.run('W11', 'verify', 'host', { computerName: 'azs-ercs02' })).toMatchObject({ code: 'VerifyFailed' });
    expect(test.run('W11', 'undo', 'host', endpoint)).toMatchObject({ ok: true, changed: true });
    expect(test.run('W11', 'probe', 'host', endpoint)).toMatchObject({ code: 'NotDone' });
  });
});

describe('sandbox/windows/steps/w11-credssp, where it was allowed before', () => {
  it('leaves that alone', () => {
    test.machine('host').winRm.credSspDelegates = ['azs-ercs01'];

    expect(test.run('W11', 'apply', 'host', { computerName: 'azs-ercs01' })).toMatchObject({ changed: false });
    expect(test.run('W11', 'undo', 'host', { computerName: 'azs-ercs01' })).toMatchObject({ changed: false });
    expect(test.machine('host').winRm.credSspDelegates).toEqual(['azs-ercs01']);
  });
});

describe('sandbox/windows/steps/w12-open-endpoint', () => {
  const credssp = { computerName: 'azs-ercs01', authentication: 'Credssp' };

  it('opens with CredSSP where that is allowed, and by default otherwise', () => {
    expect(test.run('W12', 'probe', 'host', credssp, { secrets: { credential: cloudAdmin } })).toMatchObject({
      code: 'ToolFailed',
    });
    test.run('W11', 'apply', 'host', { computerName: 'azs-ercs01' });
    expect(test.run('W12', 'probe', 'host', credssp, { secrets: { credential: cloudAdmin } })).toMatchObject({
      ok: true,
      facts: { hasCommand: true },
    });
    test.connector.privilegedEndpoint.isCredSspRefusedByPolicy = true;
    expect(test.run('W12', 'probe', 'host', credssp, { secrets: { credential: cloudAdmin } })).toMatchObject({
      code: 'ToolFailed',
    });
    const byDefault = { ...credssp, authentication: 'Default' };
    expect(test.run('W12', 'probe', 'host', byDefault, { secrets: { credential: cloudAdmin } })).toMatchObject({
      ok: true,
    });
  });

  it('refuses another computer, a wrong password, and a locked account even with the right one', () => {
    const open = (computerName: string, password = cloudAdmin.password) =>
      test.run(
        'W12',
        'probe',
        'host',
        { computerName, authentication: 'Default' },
        { secrets: { credential: { ...cloudAdmin, password } } },
      );

    expect(open('azs-none')).toMatchObject({ code: 'Unreachable' });
    expect(open('azs-ercs01', 'wrong')).toMatchObject({ code: 'AuthFailed' });
    expect(open('azs-ercs01')).toMatchObject({ ok: true });
    for (let count = 0; count < lockOutThreshold; count += 1) open('azs-ercs01', 'wrong');
    expect(open('azs-ercs01')).toMatchObject({ code: 'AuthFailed' });
  });

  it.each([
    'ScriptBlock = { $x = 1; Get-Command }',
    'ScriptBlock = { if (Get-Command) { Get-Help } }',
    'ScriptBlock = { Add-AzurePackConnector -AzureStackCloudName $name }',
    'ScriptBlock = { Add-AzurePackConnector -AzurePackClouds @{ CloudName = "a" } }',
    'ScriptBlock = { Get-Command } \n ScriptBlock = { Get-Process }',
  ])('runs exposed cmdlets and no language: not %s', (script) => {
    const request = { ...credssp, authentication: 'Default' };

    expect(test.run('W12', 'probe', 'host', request, { secrets: { credential: cloudAdmin }, script })).toMatchObject({
      ok: false,
      code: 'ToolFailed',
    });
  });

  it('runs a pipeline of exposed cmdlets with values from outside', () => {
    const request = { ...credssp, authentication: 'Default' };
    const script = 'ScriptBlock = { Add-AzurePackConnector -AzurePackClouds $using:clouds | Select-Object -First 1 }';

    expect(test.run('W12', 'probe', 'host', request, { secrets: { credential: cloudAdmin }, script })).toMatchObject({
      ok: true,
    });
  });

  it('says where the build lacks the command', () => {
    test.connector.privilegedEndpoint.hasAzurePackCommand = false;

    expect(
      test.run(
        'W12',
        'probe',
        'host',
        { ...credssp, authentication: 'Default' },
        { secrets: { credential: cloudAdmin } },
      ),
    ).toMatchObject({ code: 'Precondition', facts: { hasCommand: false } });
  });
});

describe('sandbox/windows/steps/w13-multi-cloud', () => {
  it('turns it on once, with a file for every cloud', () => {
    expect(runMultiCloud(test, 'probe')).toMatchObject({ code: 'NotDone', facts: { missing: cloudNames } });

    const answer = runMultiCloud(test, 'apply');

    expect(answer).toMatchObject({ ok: true, changed: true });
    expect(answer.verbose?.at(-1)).toBe("VERBOSE: Step 'Configure Azure Pack Connector' status: 'Success'");
    expect(runMultiCloud(test, 'verify')).toMatchObject({ ok: true, facts: { missing: [] } });
    expect(test.connector.multiCloud).toMatchObject({ isOn: true, addCount: 1 });
    const names = test.connector.outputFiles.map(({ name }) => name);
    expect(new Set(names).size).toBe(clouds.length);
    expect(names.every((name) => /^AzurePack-\d\d-\d\d-\d\d-\d\d(-\d+)?\.txt$/.test(name))).toBe(true);
  });

  it('does not take files from before', () => {
    runMultiCloud(test, 'apply');

    expect(runMultiCloud(test, 'probe', { since: new Date(test.nowMs() + 1000).toISOString() })).toMatchObject({
      code: 'NotDone',
    });
  });

  it('counts how often it ran, and is turned off again', () => {
    runMultiCloud(test, 'apply');
    runMultiCloud(test, 'apply');

    expect(test.connector.multiCloud.addCount).toBe(2);
    expect(test.connector.outputFiles).toHaveLength(2 * clouds.length);
    expect(runMultiCloud(test, 'undo')).toMatchObject({ ok: true, changed: true });
    expect(test.connector.multiCloud).toMatchObject({ isOn: false, clouds: [], disableCount: 1 });
  });

  it('takes unknown words for neither success nor failure', () => {
    test.connector.privilegedEndpoint.nextTranscripts = ['unknownWords'];

    expect(runMultiCloud(test, 'apply')).toMatchObject({ ok: true });
  });

  it('configures nothing where a line says Error, or where the session just ends', () => {
    test.connector.privilegedEndpoint.nextTranscripts = ['error', 'silent'];

    expect(runMultiCloud(test, 'apply')).toMatchObject({ ok: false, code: 'ToolFailed' });
    expect(runMultiCloud(test, 'apply')).toMatchObject({ ok: false, code: 'TimedOut' });
    test.pass(3_600_000);
    expect(runMultiCloud(test, 'probe')).toMatchObject({ code: 'NotDone' });
    expect(test.connector.multiCloud.addCount).toBe(0);
  });

  it('goes on to succeed after a session that broke', () => {
    test.connector.privilegedEndpoint.nextTranscripts = ['brokenBeforeSuccess'];

    expect(runMultiCloud(test, 'apply')).toMatchObject({ ok: false, code: 'TimedOut' });
    expect(runMultiCloud(test, 'probe')).toMatchObject({ code: 'NotDone' });
    test.pass(600_000);
    expect(runMultiCloud(test, 'probe')).toMatchObject({ ok: true });
    expect(test.connector.multiCloud).toMatchObject({ isOn: true, addCount: 1 });
  });

  it('goes on to succeed where the host died meanwhile', () => {
    test.interrupt('W13', 'host', multiCloudParameters, { secrets: endpointSecrets });

    expect(runMultiCloud(test, 'probe')).toMatchObject({ code: 'NotDone' });
    test.pass(600_000);
    expect(runMultiCloud(test, 'probe')).toMatchObject({ ok: true });
    expect(test.connector.multiCloud.addCount).toBe(1);
  });

  it('says so where two run at once, and not where one comes after the other', () => {
    runMultiCloud(test, 'apply');
    test.pass(60_000);
    runMultiCloud(test, 'undo', {}, 60_000);
    expect(test.connector.violations).toEqual([]);
    test.pass(10_000);
    runMultiCloud(test, 'apply', {}, 60_000);
    expect(test.connector.violations).toHaveLength(1);
  });

  it('takes longer where the script waits for the end of the loop', () => {
    expect(emulator('W13').extraSeconds?.({ mode: 'apply' }, 'Receive-Job -Wait')).toBeGreaterThan(60);
    expect(emulator('W13').extraSeconds?.({ mode: 'apply' }, 'Stop-Job')).toBe(0);
  });
});

describe('sandbox/windows/steps/w15-data-files', () => {
  it('lists and collects, byte by byte', () => {
    runMultiCloud(test, 'apply');

    const listed = test.run(
      'W15',
      'probe',
      'host',
      { share: outputShare },
      { secrets: { shareCredential: domainAdmin } },
    );
    const { files } = listed.facts as { files: { name: string; sha256: string; sizeBytes: number }[] };
    expect(files).toHaveLength(clouds.length);
    const { name, sha256, sizeBytes } = files[0] ?? { name: '', sha256: '', sizeBytes: 0 };
    const collected = test.run(
      'W16',
      'probe',
      'host',
      { share: outputShare, fileName: name, sha256 },
      { secrets: { shareCredential: domainAdmin } },
    );

    expect(collected).toMatchObject({ ok: true, facts: { sha256, sizeBytes } });
    const { content } = collected.facts as { content: string };
    const kept = test.connector.outputFiles.find((file) => file.name === name);
    expect(Buffer.from(content, 'base64').toString()).toBe(kept?.text);
  });

  it('opens the share to people of the domain only', () => {
    const open = (shareCredential: { username: string; password: string }, path = outputShare) =>
      test.run('W15', 'probe', 'host', { share: path }, { secrets: { shareCredential } });

    expect(open({ username: 'Administrator', password: 'x' })).toMatchObject({ code: 'AuthFailed' });
    expect(open({ ...domainAdmin, password: 'wrong' })).toMatchObject({ code: 'AuthFailed' });
    expect(open(domainAdmin, '\\\\nowhere\\share')).toMatchObject({ code: 'Unreachable' });
    expect(open(domainAdmin)).toMatchObject({ ok: true });
  });

  it('refuses a file that is huge, gone or another than the listed one', () => {
    test.connector.privilegedEndpoint.dataFileFaults = { AzurePack_1: 'huge' };
    runMultiCloud(test, 'apply');
    const collect = (fileName: string) =>
      test.run(
        'W16',
        'probe',
        'host',
        { share: outputShare, fileName, sha256: '0'.repeat(64) },
        { secrets: { shareCredential: domainAdmin } },
      );
    const [huge, other] = test.connector.outputFiles;

    expect(collect(huge?.name ?? '')).toMatchObject({ code: 'Precondition' });
    expect(collect(other?.name ?? '')).toMatchObject({ code: 'Precondition' });
    expect(collect('AzurePack-none.txt')).toMatchObject({ code: 'Precondition' });
  });
});

describe('sandbox/windows/steps/w3-users', () => {
  it('names who is not in the directory, and asks nothing with a wrong password', () => {
    const ask = (password = domainAdmin.password) =>
      test.run(
        'W3',
        'probe',
        'host',
        { userPrincipalNames: ['azurestackadmin@azurestack.local', 'nobody@azurestack.local'] },
        { secrets: { credential: { ...domainAdmin, password } } },
      );

    expect(ask()).toMatchObject({ ok: true, facts: { missing: ['nobody@azurestack.local'] } });
    expect(ask('wrong')).toMatchObject({ ok: false, code: 'AuthFailed' });
  });

  it('looks in the directory of the domain that the machine is in', () => {
    const credential = { username: sqlAdmin, password: sqlAdminPassword };
    const userPrincipalNames = ['azurestackadmin@azurestack.local', 'sqladmin@contoso.com'];

    const answer = test.run('W3', 'probe', 'wapcomputer1', { userPrincipalNames }, { secrets: { credential } });

    expect(answer).toMatchObject({ ok: true, facts: { missing: ['azurestackadmin@azurestack.local'] } });
  });
});
