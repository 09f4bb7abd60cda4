// Goal: the PowerShell that is sent to machines is what PowerShell reads, and does there what its answers say.
// Method: the real PowerShell, one process, parses everything that is composed, and runs steps through the real
// launcher. What only Windows has are the functions of sandbox/windows/modules, and nothing else is one. PowerShell 7
// is not Windows PowerShell: what 4.0 and 5.1 lack is held by the table in sandbox/windows/powershell.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { azurePackPartSchema } from '../../sandbox/windows/connector/part.ts';
import type { SqlServer } from '../../sandbox/windows/connector/sql.ts';
import type { WindowsMachine } from '../../sandbox/windows/world/records.ts';
import { buildL2tpKit } from '../../src/kits/platforms.ts';
import { composedScripts } from '../../src/onprem/composed-scripts.ts';
import { dotnetPrograms } from '../../tools/dotnet/programs.ts';
import { someL2tpSettings } from '../support/builders/some-l2tp-settings.ts';
import { fileOf, unpackKit } from '../support/kits/unpack-kit.ts';
import { createRootData, createServerCertificate, type ServerCertificate } from '../support/root-certificates.ts';
import { sshScriptOf, sshVerbs } from '../support/ssh-script-of.ts';
import {
  packageArchive,
  packageFolder as folder,
  type PackageScript,
  packageUri as uri,
  writePackageScript,
} from './support/package-scripts.ts';
import { type RealMachine, type RealPowerShell, startPowerShell, type StepRun } from './support/real-powershell.ts';

const sites = ['MgmtSvc-Connector', 'MgmtSvc-ConnectorController', 'MgmtSvc-ConnectorExtension'];
const hasConnector = {
  azurePack: azurePackPartSchema.parse({ sites: sites.map((name, index) => ({ name, port: 40_005 + index })) }),
};

let powershell: RealPowerShell;

beforeAll(async () => {
  powershell = await startPowerShell();
});

afterAll(async () => {
  await powershell.end();
});

describe('the real parser', () => {
  it('reads every script that is composed for a step', async () => {
    expect(await powershell.parse(Object.fromEntries(composedScripts))).toEqual([]);
  });

  it('reads what SSH executes', async () => {
    expect(await powershell.parse(Object.fromEntries(sshVerbs.map((verb) => [verb, sshScriptOf(verb)])))).toEqual([]);
  });

  it('refuses what is wrong', async () => {
    expect(await powershell.parse({ broken: '$a = 1\nif ($a' })).toEqual([expect.stringMatching(/^broken:2 /)]);
  });
});

describe('powershell.exe of the modules', () => {
  it.each([
    ['is content', `Write-Output 'Done.'`],
    ['complains', `Write-Error 'There is no store.'`],
    ['throws', `throw 'There is no store.'`],
    ['ends with a code', 'exit 3'],
  ])('ends as a process of its own does, with a script that %s', async (_what, text) => {
    const machine = powershell.machine();
    machine.write('C:\\asked.ps1', text);
    machine.write(
      'C:\\look.ps1',
      `$said = @(& 'powershell.exe' -NoProfile -File 'C:\\asked.ps1' 2>&1)
$hasErrors = @($said | Where-Object { $_ -is [System.Management.Automation.ErrorRecord] }).Count -gt 0
[string]$LASTEXITCODE + ' ' + $hasErrors
$global:LASTEXITCODE = 0`,
    );

    expect(await machine.runFile('C:\\look.ps1')).toBe(await endOfProcess(text));
  });

  /** Its exit code, and whether its error stream had anything. */
  async function endOfProcess(text: string): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-script-'));
    try {
      const file = join(folder, 'asked.ps1');
      writeFileSync(file, text);
      const env = {
        PATH: process.env['PATH'],
        HOME: folder,
        POWERSHELL_TELEMETRY_OPTOUT: '1',
        POWERSHELL_UPDATECHECK: 'Off',
      };
      const child = spawn('dotnet', [dotnetPrograms.pwsh, '-NoProfile', '-NonInteractive', '-File', file], { env });
      const [errors, [code]] = await Promise.all([readText(child.stderr), once(child, 'close') as Promise<[number]>]);
      return `${code} ${errors === '' ? 'False' : 'True'}`;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

describe('C1, the machine', () => {
  type Installation = WindowsMachine['installation'];
  const ask = (osVersion: string, powerShellVersion: string, installation: Installation): Promise<StepRun> =>
    powershell.machine({ osVersion, powerShellVersion, installation }).run('C1', 'probe', {});

  it.each([
    ['10.0.14393', '5.1.14393.7515', 'Server Core'],
    ['6.3.9600', '4.0', 'Server'],
  ] as const)('will do with Windows %s and PowerShell %s', async (osVersion, powerShellVersion, installation) => {
    expect(await ask(osVersion, powerShellVersion, installation)).toMatchObject({
      ok: true,
      changed: false,
      facts: { osVersion, powerShellVersion, isElevated: true },
    });
  });

  it.each([
    ['6.3.9600', '3.0', 'Server', 'Windows PowerShell 3.0 is too old'],
    ['10.0.20348', '7.6.9', 'Server', 'start powershell.exe'],
    ['6.2.9200', '4.0', 'Server', 'Windows 6.2.9200 is too old'],
    ['10.0.14393', '5.1', 'Nano Server', 'Nano Server'],
  ] as const)(
    'is refused with Windows %s, PowerShell %s, %s',
    async (osVersion, powerShellVersion, installation, words) => {
      const answer = await ask(osVersion, powerShellVersion, installation);

      expect(answer).toMatchObject({ ok: false, code: 'precondition', facts: { osVersion, powerShellVersion } });
      expect(answer.message).toContain(words);
    },
  );
});

describe('W18, the package', () => {
  const first = packageArchive('first');
  const second = packageArchive('second');
  const edition = `${folder}\\edition.txt`;

  function asking(sha256: string): Record<string, string> {
    return { uri, sha256, folder };
  }

  /** A machine that is offered the first package. */
  function aMachine(changes: Partial<WindowsMachine> = {}): RealMachine {
    const machine = powershell.machine(changes);
    machine.offer(uri, first);
    return machine;
  }

  it.each([
    ['Windows PowerShell 5.1', {}],
    ['Windows PowerShell 4.0, which has no Expand-Archive', { powerShellVersion: '4.0' }],
  ])('is staged once, and goes again, with %s', async (_edition, changes) => {
    const machine = aMachine(changes);
    const ask = asking(first.sha256);

    expect(await machine.run('W18', 'probe', ask)).toMatchObject({ ok: false, code: 'notDone', exitCode: 1 });
    expect(await machine.run('W18', 'apply', ask)).toMatchObject({ ok: true, changed: true, exitCode: 0 });
    expect(await machine.run('W18', 'verify', ask)).toMatchObject({ ok: true, facts: { sha256: first.sha256 } });
    expect(machine.read(edition)).toBe('first');

    const again = await machine.run('W18', 'apply', ask);
    expect(again).toMatchObject({ ok: true, changed: false, facts: { sha256: first.sha256 } });
    expect(again.calls).toEqual([]);

    expect(await machine.run('W18', 'undo', ask)).toMatchObject({ ok: true, changed: true });
    expect(machine.list('C:\\temp')).toEqual([]);
    expect(await machine.run('W18', 'undo', ask)).toMatchObject({ ok: true, changed: false });
  });

  it('takes the place of an older one, and leaves nothing of it', async () => {
    const machine = aMachine();
    await machine.run('W18', 'apply', asking(first.sha256));
    machine.offer(uri, second);

    expect(await machine.run('W18', 'apply', asking(second.sha256))).toMatchObject({ ok: true, changed: true });
    expect(machine.read(edition)).toBe('second');
    expect(machine.list('C:\\temp')).toEqual(['WAPConnector']);
  });

  it('is not staged when what came is another one', async () => {
    const machine = aMachine();

    expect(await machine.run('W18', 'apply', asking(second.sha256))).toMatchObject({
      ok: false,
      changed: false,
      code: 'precondition',
    });
    expect(machine.list('C:\\temp')).toEqual([]);
  });

  it.each([
    ['the old one cannot be moved away', 1],
    ['the new one cannot be moved in', 2],
  ])('stays as it was when %s', async (_what, nth) => {
    const machine = aMachine();
    await machine.run('W18', 'apply', asking(first.sha256));
    machine.offer(uri, second);

    const failed = await machine.run('W18', 'apply', asking(second.sha256), { failing: { 'Move-Item': nth } });

    expect(failed).toMatchObject({ ok: false, changed: false, code: 'toolFailed' });
    expect(failed.message).toContain('used by another process');
    expect(machine.list('C:\\temp')).toEqual(['WAPConnector']);
    expect(await machine.run('W18', 'verify', asking(first.sha256))).toMatchObject({ ok: true });
  });

  it('stays whole when it cannot be taken away', async () => {
    const machine = aMachine();
    await machine.run('W18', 'apply', asking(first.sha256));

    expect(await machine.run('W18', 'undo', asking(first.sha256), { failing: { 'Move-Item': 1 } })).toMatchObject({
      ok: false,
      changed: false,
    });
    expect(await machine.run('W18', 'verify', asking(first.sha256))).toMatchObject({ ok: true });
  });

  it('that somebody unpacked by hand outlives undo', async () => {
    const machine = aMachine();
    writePackageScript(machine, 'Configure-WapConnector.ps1', 'works');
    machine.write(edition, 'by hand');

    expect(await machine.run('W18', 'undo', asking(first.sha256))).toMatchObject({ ok: true, changed: false });
    expect(machine.read(edition)).toBe('by hand');

    const applied = await machine.run('W18', 'apply', asking(first.sha256));
    expect(applied).toMatchObject({ ok: true, changed: true });
    expect(applied.message).toContain('WAPConnector.before-gatehouse');
    expect(machine.read(edition)).toBe('first');
    expect(await machine.run('W18', 'undo', asking(first.sha256))).toMatchObject({ ok: true, changed: true });
    expect(machine.read(edition)).toBe('by hand');
    expect(machine.list('C:\\temp')).toEqual(['WAPConnector']);
  });

  it('that somebody unpacked by hand comes back where apply or undo was cut off while the folder was away', async () => {
    const machine = aMachine();
    writePackageScript(machine, 'Configure-WapConnector.ps1', 'works');
    machine.write(edition, 'by hand');
    const ask = asking(first.sha256);

    await machine.run('W18', 'apply', ask);
    machine.remove(folder);
    expect(await machine.run('W18', 'undo', ask)).toMatchObject({ ok: true, changed: true });
    expect(machine.read(edition)).toBe('by hand');
    expect(machine.list('C:\\temp')).toEqual(['WAPConnector']);

    await machine.run('W18', 'apply', ask);
    expect(await machine.run('W18', 'undo', ask, { failing: { 'Move-Item': 2 } })).toMatchObject({ ok: false });
    expect(await machine.run('W18', 'undo', ask)).toMatchObject({ ok: true, changed: true });
    expect(machine.read(edition)).toBe('by hand');
    expect(await machine.run('W18', 'undo', ask)).toMatchObject({ ok: true, changed: false });
  });

  it('that somebody unpacked over ours is not taken for ours', async () => {
    const machine = aMachine();
    await machine.run('W18', 'apply', asking(first.sha256));
    machine.remove(folder);
    writePackageScript(machine, 'Configure-WapConnector.ps1', 'works');

    expect(await machine.run('W18', 'probe', asking(first.sha256))).toMatchObject({ ok: false, code: 'notDone' });
    expect(await machine.run('W18', 'undo', asking(first.sha256))).toMatchObject({ ok: true, changed: false });
    expect(machine.list('C:\\temp')).toEqual(['WAPConnector']);
  });
});

describe('W21, the certificate', () => {
  const ask = { folder, thumbprint: '' };
  let before: string;
  let wanted: string;
  let certificates: WindowsMachine['certificates'];

  beforeAll(async () => {
    const made = await Promise.all(['before', 'wanted'].map((name) => createRootData(name)));
    [before = '', wanted = ''] = made.map(thumbprintOf);
    ask.thumbprint = wanted;
    certificates = made.map((certificate) => ({
      location: 'LocalMachine',
      store: 'My',
      certificate,
      hasPrivateKey: true,
    }));
  });

  function aPortal(): RealMachine {
    const machine = powershell.machine({ ...structuredClone(hasConnector), certificates });
    writePackageScript(machine, 'Configure-Certificates.ps1', 'works');
    return machine;
  }

  function bindBefore(machine: RealMachine): void {
    machine.change(({ azurePack }) => {
      for (const site of azurePack.sites) site.thumbprint = before;
    });
  }

  const bound = (machine: RealMachine): readonly unknown[] =>
    machine.state().azurePack.sites.map((site) => site.thumbprint);

  it('is bound, and the one from before is bound again', async () => {
    const machine = aPortal();
    bindBefore(machine);

    expect(await machine.run('W21', 'probe', ask)).toMatchObject({ ok: false, code: 'notDone' });
    expect(await machine.run('W21', 'apply', ask)).toMatchObject({ ok: true, changed: true });
    expect(await machine.run('W21', 'verify', ask)).toMatchObject({ ok: true, facts: { thumbprint: wanted } });
    expect(await machine.run('W21', 'apply', ask)).toMatchObject({ ok: true, changed: false });
    expect(await machine.run('W21', 'undo', ask)).toMatchObject({ ok: true, changed: true });
    expect(bound(machine)).toEqual([before, before, before]);
  });

  it('leaves no note that a later undo would go by', async () => {
    const machine = aPortal();
    await machine.run('W21', 'apply', ask);
    expect(await machine.run('W21', 'undo', ask)).toMatchObject({ ok: true });

    // Somebody binds another one by hand before the procedure runs again: that is what undo has to go back to.
    bindBefore(machine);
    await machine.run('W21', 'apply', ask);
    await machine.run('W21', 'undo', ask);

    expect(bound(machine)).toEqual([before, before, before]);
  });

  it('is not said to be bound when the script complains or does nothing', async () => {
    const machine = aPortal();
    bindBefore(machine);

    await failsToApply(machine, 'W21', ask, 'Configure-Certificates.ps1', ['idles', 'complains']);
  });
});

describe('W22, the names', () => {
  const ask = {
    folder,
    tenantPortalFqdn: 'portal.contoso.com',
    tenantApiFqdn: 'api.contoso.com',
    azureStackPortalFqdn: 'portal.local.azurestack.external',
  };
  const files = sites.map((site) => `C:\\inetpub\\${site}\\Web.config`);

  function aPortal(): RealMachine {
    const machine = powershell.machine(structuredClone(hasConnector));
    for (const file of files) machine.write(file, '<before />');
    writePackageScript(machine, 'Configure-WapConnector.ps1', 'works');
    return machine;
  }

  it('are written, and the files from before come back', async () => {
    const machine = aPortal();

    expect(await machine.run('W22', 'probe', ask)).toMatchObject({ ok: false, code: 'notDone' });
    expect(await machine.run('W22', 'apply', ask)).toMatchObject({ ok: true, changed: true });
    expect(await machine.run('W22', 'verify', ask)).toMatchObject({ ok: true });
    const again = await machine.run('W22', 'apply', ask);
    expect(again).toMatchObject({ ok: true, changed: false });
    expect(again.calls).toEqual([]);
    expect(await machine.run('W22', 'undo', ask)).toMatchObject({ ok: true, changed: true });
    expect(files.map((file) => machine.read(file))).toEqual(['<before />', '<before />', '<before />']);
    expect(await machine.run('W22', 'undo', ask)).toMatchObject({ ok: true, changed: false });
    expect(await machine.run('W22', 'verify', ask)).toMatchObject({ ok: false, code: 'verifyFailed' });
  });

  it('are not said to be written when the script complains or does nothing', async () => {
    const machine = aPortal();

    const behaviours = ['idles', 'complains', 'throws', 'worksAndComplains'] as const;
    await failsToApply(machine, 'W22', ask, 'Configure-WapConnector.ps1', behaviours);
  });

  it.each([
    ['begins before it', 'https://wap-portal.contoso.com/', false],
    ['has a label before it', 'https://eu.portal.contoso.com/', false],
    ['ends after it', 'https://portal.contoso.company/', false],
    ['has a label after it', 'https://portal.contoso.com.au/', false],
    ['has another character in the place of a dot', 'https://portal-contoso.com/', false],
    ['is only written otherwise', 'HTTPS://Portal.Contoso.com:30081/', true],
    ['ends with the dot of the root', 'https://portal.contoso.com./', true],
  ])('are looked for whole: one in the files that %s', async (_how, portal, ok) => {
    const machine = aPortal();
    machine.write(
      `${folder}\\setup\\scripts\\Configure-WapConnector.ps1`,
      `param($TenantPortalFQDN, $TenantAPIFQDN, $AzureStackPortalFQDN)
foreach ($file in Get-ChildItem -Path "$env:GATEHOUSE_WITNESS_ROOT/inetpub/*/Web.config") {
  Set-Content $file "<add portal='${portal}' api='$TenantAPIFQDN' stack='$AzureStackPortalFQDN' />"
}`,
    );

    const applied = await machine.run('W22', 'apply', ask);

    expect(applied).toMatchObject({ ok, changed: true });
    expect(applied.message.includes('portal.contoso.com')).toBe(!ok);
    expect(applied.message).not.toContain('api.contoso.com');
  });

  it('are taken as written where encryption hides them and the files changed', async () => {
    const machine = aPortal();
    machine.write(
      `${folder}\\setup\\scripts\\Configure-WapConnector.ps1`,
      `param($TenantPortalFQDN, $TenantAPIFQDN, $AzureStackPortalFQDN)
foreach ($file in Get-ChildItem -Path "$env:GATEHOUSE_WITNESS_ROOT/inetpub/*/Web.config") { Set-Content $file '<EncryptedData />' }`,
    );

    expect(await machine.run('W22', 'apply', ask)).toMatchObject({ ok: true, changed: true });
    expect(await machine.run('W22', 'verify', ask)).toMatchObject({ ok: true });
  });

  it('leave what a cut-off try kept alone', async () => {
    const machine = aPortal();
    writePackageScript(machine, 'Configure-WapConnector.ps1', 'worksAndComplains');
    await machine.run('W22', 'apply', ask);
    writePackageScript(machine, 'Configure-WapConnector.ps1', 'works');

    expect(await machine.run('W22', 'apply', ask)).toMatchObject({ ok: true, changed: true });
    await machine.run('W22', 'undo', ask);

    expect(files.map((file) => machine.read(file))).toEqual(['<before />', '<before />', '<before />']);
  });

  it('come back at the second try, and tell of a change even where the first one throws', async () => {
    const machine = aPortal();
    await machine.run('W22', 'apply', ask);

    for (const failing of [{ 'Copy-Item': 2 }, { 'Remove-ItemProperty': 1 }]) {
      expect(await machine.run('W22', 'undo', ask, { failing })).toMatchObject({
        ok: false,
        changed: true,
        code: 'toolFailed',
      });
    }
    machine.remove('C:\\inetpub\\MgmtSvc-Connector\\Web.before-gatehouse.config');
    const refused = await machine.run('W22', 'undo', ask);
    expect(refused).toMatchObject({ ok: false, changed: false, code: 'precondition' });
    expect(refused.message).toContain('MgmtSvc-Connector');

    machine.write('C:\\inetpub\\MgmtSvc-Connector\\Web.before-gatehouse.config', '<before />');
    expect(await machine.run('W22', 'undo', ask)).toMatchObject({ ok: true, changed: true });
    expect(files.map((file) => machine.read(file))).toEqual(['<before />', '<before />', '<before />']);
  });

  it('need names that resolve from there', async () => {
    const machine = aPortal();

    machine.change((_machine, { network }) => {
      network.unresolved = { machine: ['api.contoso.com'] };
    });

    const refused = await machine.run('W22', 'apply', ask);

    expect(refused).toMatchObject({ ok: false, changed: false, code: 'precondition' });
    expect(refused.message).toContain('api.contoso.com');
  });
});

describe('W26, the data file', () => {
  const bytes = Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x0a, 0x00]);
  const typed = bytes.toString('base64');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const ask = { folder, fileName: 'AzurePack-1.txt', sha256 };

  it('is copied byte by byte, once', async () => {
    const machine = powershell.machine({}, typed);
    expect(await machine.run('W26', 'apply', ask)).toMatchObject({ ok: false, changed: false, code: 'precondition' });
    writePackageScript(machine, 'Configure-TrustAzureStack.ps1', 'works');

    expect(await machine.run('W26', 'probe', ask)).toMatchObject({ ok: false, code: 'notDone' });
    const applied = await machine.run('W26', 'apply', ask);
    expect(applied).toMatchObject({ ok: true, changed: true, facts: { sha256 } });
    expect(applied.said).not.toContain(typed);
    expect(await machine.run('W26', 'verify', ask)).toMatchObject({ ok: true, facts: { sha256 } });
    const again = await machine.run('W26', 'apply', ask);
    expect(again).toMatchObject({ ok: true, changed: false, facts: { sha256 } });
    expect(again.calls).toEqual([]);
    expect(await machine.run('W26', 'undo', ask)).toMatchObject({ ok: true, changed: true });
    expect(machine.list(folder)).toEqual(['setup']);
  });

  it('is not put there when another one came, or it cannot be moved in', async () => {
    const machine = powershell.machine({}, typed);
    writePackageScript(machine, 'Configure-TrustAzureStack.ps1', 'works');

    const other = { ...ask, sha256: 'a'.repeat(64) };
    expect(await machine.run('W26', 'apply', other)).toMatchObject({ changed: false, code: 'precondition' });
    expect(await machine.run('W26', 'apply', ask, { failing: { 'Move-Item': 1 } })).toMatchObject({
      ok: false,
      changed: false,
      code: 'toolFailed',
    });
    expect(machine.list(folder)).toEqual(['setup']);
  });
});

describe('W31, the trust', () => {
  const realm = 'https://adfs.local.azurestack.external/adfs/c1d72562/';
  const fileName = 'AzurePack-1.txt';
  let dataFile: string;
  let signing: string;
  let ask: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const certificate = await createRootData('Token signing');
    signing = certificate;
    dataFile = JSON.stringify({ Realm: realm, Certificates: [certificate] });
    const sha256 = createHash('sha256').update(dataFile).digest('hex');
    ask = { folder, fileName, sha256, sqlServer: 'sql1', realm, thumbprint: thumbprintOf(certificate) };
  });

  function anApi(): RealMachine {
    const tenantApi = { version: '3.33.8196.14', sqlServer: 'sql1' };
    const machine = powershell.machine({ azurePack: azurePackPartSchema.parse({ tenantApi }) });
    machine.change((_machine, { connector }) => {
      connector.azureStack.signingCertificate = signing;
    });
    writePackageScript(machine, 'Configure-TrustAzureStack.ps1', 'works');
    machine.write(`${folder}\\${fileName}`, dataFile);
    return machine;
  }

  function onServer(machine: RealMachine, how: (server: SqlServer) => void): void {
    machine.change((_machine, { connector }) => {
      Object.values(connector.sqlServers).forEach(how);
    });
  }

  it('is set up, and taken back from the backup', async () => {
    const machine = anApi();

    expect(await machine.run('W31', 'probe', ask)).toMatchObject({ code: 'notDone', facts: { isTrusted: false } });
    const applied = await machine.run('W31', 'apply', ask);
    expect(applied).toMatchObject({ ok: true, changed: true, facts: { isTrusted: true } });
    expect(await machine.run('W31', 'verify', ask)).toMatchObject({ ok: true, facts: { isTrusted: true } });
    expect(await machine.run('W31', 'undo', ask)).toMatchObject({
      ok: true,
      changed: true,
      facts: { isTrusted: false },
    });
    expect(await machine.run('W31', 'verify', ask)).toMatchObject({ ok: false, code: 'verifyFailed' });
  });

  it('is not taken as still there when the settings showed it once', async () => {
    const machine = anApi();
    await machine.run('W31', 'apply', ask);
    onServer(machine, (server) => {
      server.trusts = [];
    });

    expect(await machine.run('W31', 'verify', ask)).toMatchObject({ ok: false, code: 'verifyFailed' });
  });

  it('is left to a person where the settings do not show it', async () => {
    const machine = anApi();

    onServer(machine, (server) => {
      server.showsTrusts = false;
    });
    expect(await machine.run('W31', 'apply', ask)).toMatchObject({
      ok: true,
      facts: { isTrusted: false },
    });
    const verified = await machine.run('W31', 'verify', ask);
    expect(verified).toMatchObject({ ok: true, facts: { isTrusted: false } });
    expect(verified.message).toContain('sign in to the portal to see whether it works');
  });

  it('is not said to be there when the script complains or does nothing', async () => {
    const machine = anApi();

    await failsToApply(machine, 'W31', ask, 'Configure-TrustAzureStack.ps1', ['idles', 'complains']);
  });
});

describe('the Windows files of an L2TP kit', () => {
  let der: Buffer;
  let thumbprint: string;

  beforeAll(async () => {
    der = Buffer.from(await createRootData('AzureStackCertificationAuthority'), 'base64');
    thumbprint = thumbprintOf(der.toString('base64'));
  });

  /** The kit of a connection, unpacked in a folder of its own. */
  function unpack(machine: RealMachine, connectionName: string): { connect: string; disconnect: string } {
    const certificate = { der, thumbprint, subject: 'CN=AzureStackCertificationAuthority' };
    const files = unpackKit(buildL2tpKit('windows', someL2tpSettings({ connectionName, certificate })));
    const folder = `C:\\kits\\${connectionName}`;
    for (const name of ['connect.ps1', 'disconnect.ps1']) machine.write(`${folder}\\${name}`, files[name] ?? '');
    machine.write(`${folder}\\CA.cer`, der);
    return { connect: `${folder}\\connect.ps1`, disconnect: `${folder}\\disconnect.ps1` };
  }

  async function trusts(machine: RealMachine, store: string): Promise<boolean> {
    machine.write('C:\\look.ps1', `Test-Path -LiteralPath 'Cert:\\${store}\\${thumbprint}'`);
    return (await machine.runFile('C:\\look.ps1')) === 'True';
  }

  it.each([
    ['LocalMachine', {}],
    ['CurrentUser', { CurrentUserOnly: true }],
  ])('take the root away that they brought to %s, when nothing needs it any more', async (location, parameters) => {
    const machine = powershell.machine();
    const [one, two] = [unpack(machine, 'poc1'), unpack(machine, 'poc2')];
    for (const kit of [one, two, one]) await machine.runFile(kit.connect, parameters);
    expect(await trusts(machine, `${location}\\Root`)).toBe(true);

    expect(await machine.runFile(one.disconnect)).toContain('poc1 is gone');
    expect(await trusts(machine, `${location}\\Root`)).toBe(true);
    await machine.runFile(two.disconnect);
    expect(await trusts(machine, `${location}\\Root`)).toBe(false);
  });

  it('leave a root that was trusted before, and say so', async () => {
    const certificate = der.toString('base64');
    const machine = powershell.machine({
      certificates: [{ location: 'LocalMachine', store: 'Root', certificate, hasPrivateKey: false }],
    });
    const kit = unpack(machine, 'poc1');
    await machine.runFile(kit.connect);

    expect(await machine.runFile(kit.disconnect)).toContain('still trusted');
    expect(await trusts(machine, 'LocalMachine\\Root')).toBe(true);
  });
});

describe('check.ps1 of an L2TP kit', () => {
  const addresses = (address: string): Partial<WindowsMachine> => ({
    nics: [{ alias: 'Azure Stack poc1', address, prefixLength: 32, dnsServers: [] }],
  });
  let portal: Server;
  let foreign: Server;

  beforeAll(async () => {
    const trusted = await createServerCertificate('localhost');
    powershell.trust(trusted.certificate);
    portal = await serve(trusted);
    foreign = await serve(await createServerCertificate('localhost'));
  });

  afterAll(() => {
    portal.close();
    foreign.close();
  });

  async function serve({ certificate, key }: ServerCertificate): Promise<Server> {
    const server = createServer({ cert: certificate, key }, (_request, response) => response.end('portal'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server;
  }

  const portOf = (server: Server): number => (server.address() as AddressInfo).port;

  /** What it says of a machine and a portal; rejects with that where it ends with anything but 0. */
  async function check(changes: Partial<WindowsMachine>, port: number): Promise<string> {
    const machine = powershell.machine(changes);
    const kit = buildL2tpKit('windows', someL2tpSettings({ portalFqdn: 'localhost' }));
    machine.write('C:\\kit\\check.ps1', fileOf(kit, /^check\.ps1$/));
    return machine.runFile('C:\\kit\\check.ps1', { Port: port });
  }

  it('says that all is in order', async () => {
    expect(await check(addresses('192.168.200.230'), portOf(portal))).toBe(
      [
        'ok      This machine has the address 192.168.200.230 of the VPN.',
        'ok      The certificate of localhost is trusted.',
        'ok      The portal opens: https://localhost',
      ].join('\n'),
    );
  });

  it.each([
    ['no connection', {}, 'failed  The VPN is not connected.'],
    ['an address that is not of the range', addresses('192.168.200.231'), 'failed  This machine has the address'],
  ])('tells %s', async (_what, facts, words) => {
    await expect(check(facts, portOf(portal))).rejects.toThrow(words);
  });

  it('tells a certificate that this machine does not trust', async () => {
    await expect(check(addresses('192.168.200.201'), portOf(foreign))).rejects.toThrow(
      'failed  The certificate of localhost is not accepted by this machine',
    );
  });

  it('tells a portal that is away', async () => {
    const away = await serve(await createServerCertificate('localhost'));
    const port = portOf(away);
    away.close();

    await expect(check(addresses('192.168.200.201'), port)).rejects.toThrow('failed  Nothing answers at localhost');
  });
});

/** SHA-1 of a certificate (DER in base64), as Windows writes it. */
function thumbprintOf(certificate: string): string {
  return createHash('sha1').update(Buffer.from(certificate, 'base64')).digest('hex').toUpperCase();
}

/** What the message has of the words of a script that fails so. */
const wordsOfFailure = {
  idles: 'ended with 0',
  complains: 'did not answer',
  worksAndComplains: 'did not answer',
  throws: 'There is no store',
} as const;

/** Whatever a script of the package says with its exit code: neither apply nor verify say that it is done. */
async function failsToApply(
  machine: RealMachine,
  stepId: string,
  ask: Readonly<Record<string, string>>,
  script: PackageScript,
  behaviours: readonly (keyof typeof wordsOfFailure)[],
): Promise<void> {
  for (const behaviour of behaviours) {
    writePackageScript(machine, script, behaviour);

    const applied = await machine.run(stepId, 'apply', ask);

    expect([behaviour, applied]).toMatchObject([behaviour, { ok: false, changed: true, code: 'toolFailed' }]);
    expect(applied.message).toContain(`${script} ended with`);
    expect(applied.message).toContain(wordsOfFailure[behaviour]);
    expect(applied.message.length).toBeLessThan(700);
    expect(applied.said).not.toContain('hunter2');
    expect(await machine.run(stepId, 'verify', ask)).toMatchObject({ ok: false, code: 'verifyFailed' });
  }
}
