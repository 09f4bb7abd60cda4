/**
 * Two clouds of Windows Azure Pack Express, the seed's example, over SSH: connected, verified, put right, taken back,
 * connected again.
 */
import { X509Certificate } from 'node:crypto';
import type { OperationView } from '../../src/domain/operation.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { readSecret, readVault } from './support/azure.ts';
import {
  aConnectorRequest,
  anExpressCloud,
  followOperation,
  followToSuccess,
  seeAsTenant,
} from './support/connector-line.ts';
import {
  anExpressWorld,
  changeWorld,
  defineWorld,
  machineOf,
  secretNames,
  type SeenWorld,
  seeWorld,
  writeAccounts,
} from './support/connector-world.ts';
import { expectStatus, type JsonObject } from './support/line.ts';
import { machineSpeed, readChanges } from './support/onprem-line.ts';
import { readTables } from './support/read-tables.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;
let before: SeenWorld;
let connected: OperationView;
/** Words of each wait, as the operation showed them. */
const waits: string[] = [];

beforeAll(async () => {
  stack = await startStack({ speed: machineSpeed, with: ['windows'] });
  await writeAccounts(stack);
  await defineWorld(stack, await anExpressWorld());
  before = await seeWorld(stack);
  const request = aConnectorRequest({
    userPrincipalNames: ['azurestackadmin@azurestack.local', 'ann@azurestack.local'],
  });
  connected = await followToSuccess(stack, await stack.api('POST', '/api/connectors', request), {
    onLook: ({ status, waitingFor }) => {
      if (status === 'waiting') waits.push(waitingFor?.detail ?? '');
    },
  });
});

afterAll(async () => {
  await stack.stop();
});

async function getConnector(): Promise<JsonObject & { readonly clouds: readonly JsonObject[] }> {
  return expectStatus(await stack.api('GET', '/api/connectors/wap'), 200) as never;
}

async function listSigningCertificates(query: string): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for (let path: string | undefined = `/api/expiries?${query}`; path !== undefined;) {
    const page = expectStatus(await stack.api('GET', path), 200);
    found.push(...(page['items'] as readonly JsonObject[]));
    const next = page['nextLink'] as string | undefined;
    path = next;
  }
  return found.filter(({ kind }) => kind === 'signing-certificate');
}

/** Names of the secrets that data files are kept in. */
async function fileSecrets(): Promise<readonly string[]> {
  const { value } = (await readVault(stack, '/secrets')) as unknown as { readonly value: readonly { id: string }[] };
  return value.map(({ id }) => id.split('/').at(-1) ?? '').filter((name) => name.startsWith('gatehouse-data-file-'));
}

/** A machine without what scripts noted there of the state before. */
function lasting(world: SeenWorld, id: string): unknown {
  const { azurePack, ...machine } = machineOf(world, id);
  const { notes: _notes, ...kept } = azurePack;
  return { ...machine, azurePack: kept };
}

describe('src/orchestrations/on-premises/connect-clouds', () => {
  it("shows a tenant both clouds' virtual machines in the portal", async () => {
    expect(await seeAsTenant(stack, 'AzurePack_1')).toEqual({
      isListed: true,
      errors: [],
      virtualMachines: ['wapcomputer1-vm1'],
    });
    expect(await seeAsTenant(stack, 'AzurePack_2')).toMatchObject({ virtualMachines: ['wapcomputer2-vm1'] });
  });

  it('asks for approval of what cannot simply be taken back, in words', () => {
    expect(connected.approvals?.map(({ name, decision }) => [name, decision])).toEqual(
      [
        'enable-multi-cloud',
        'portal-shows-clouds',
        'update-api-azurepack-1',
        'trust-azurepack-1',
        'update-api-azurepack-2',
        'trust-azurepack-2',
        'tenant-sees-machines',
      ].map((name) => [name, 'approved']),
    );
    expect(waits).toHaveLength(7);
    expect(waits[0]).toContain('AzurePack_1 (https://wapcomputer1.contoso.com:40005)');
    expect(waits[0]).toContain('never for production');
    expect(waits[1]).toContain('https://portal.local.azurestack.external/');
    expect(waits[2]).toContain('wapcomputer1');
    expect(waits[3]).toContain('Microsoft.MgmtSvc.Store on wapcomputer1');
    expect(connected.approvals?.every(({ decidedBy }) => decidedBy === 'administrator')).toBe(true);
  });

  it('ends with every step done', () => {
    expect(connected.percent).toBe(100);
    expect(connected.steps.filter(({ status }) => !['succeeded', 'skipped'].includes(status))).toEqual([]);
  });

  it('does once what must be done once, in the order of the procedure', async () => {
    const ofCloud = ['W18', 'W19', 'W21', 'W22', 'W26', 'W27', 'W30', 'W31'];

    expect(await readChanges(stack)).toEqual(
      ['W8', 'W8', 'W11', 'W13', ...ofCloud, ...ofCloud].map((step) => `${step} apply`),
    );
    const { connector } = await seeWorld(stack);
    expect(connector.multiCloud).toMatchObject({ isOn: true, addCount: 1, disableCount: 0 });
    expect(Object.values(connector.sqlServers).map(({ trustRuns }) => Object.values(trustRuns))).toEqual([[1], [1]]);
    expect(connector.violations).toEqual([]);
  });

  it('establishes the trust as the account of SQL Server, and never leaves a Web.config in clear', async () => {
    const world = await seeWorld(stack);

    expect(world.connector.sqlServers['wapcomputer1']?.trusts).toHaveLength(1);
    for (const id of ['wapcomputer1', 'wapcomputer2']) {
      expect(machineOf(world, id).azurePack.tenantApi?.isWebConfigProtected).toBe(true);
    }
  });

  it('tells who is missing in the directory as a warning', async () => {
    expect((await getConnector())['warnings']).toEqual([
      expect.objectContaining({
        path: '/userPrincipalNames',
        message: 'ann@azurestack.local does not exist in the directory of Azure Stack.',
      }),
      expect.objectContaining({ code: 'notLookedAt', message: expect.stringContaining('cloud AzurePack_1') as string }),
      expect.objectContaining({ code: 'notLookedAt', message: expect.stringContaining('cloud AzurePack_2') as string }),
      expect.objectContaining({ path: '/clouds/0/sqlServer', code: 'notLookedAt' }),
      expect.objectContaining({ path: '/clouds/1/sqlServer', code: 'notLookedAt' }),
    ]);
  });

  it('shows the connector with its data files, by whose bytes nobody comes', async () => {
    const connector = await getConnector();

    expect(connector).toMatchObject({ id: 'wap', stackId: 'poc', state: 'connected', operation: connected.id });
    expect(connector.clouds).toMatchObject([
      { name: 'AzurePack_1', sqlServer: 'wapcomputer1', isTrusted: true },
      { name: 'AzurePack_2', sqlServer: 'wapcomputer2', isTrusted: true },
    ]);
    const { fileName, realm } = connector.clouds[0]?.['dataFile'] as {
      readonly fileName: string;
      readonly realm: string;
    };
    expect(fileName).toMatch(/^AzurePack-\d\d-\d\d-\d\d-\d\d(-\d+)?\.txt$/);
    expect(realm).toBe(before.connector.azureStack.realm);
    expect(JSON.stringify(connector)).not.toContain(before.connector.azureStack.signingCertificate.slice(0, 60));
  });

  it('keeps the data files in Key Vault and nowhere else', async () => {
    const secrets = await fileSecrets();

    expect(secrets).toHaveLength(2);
    for (const name of secrets) {
      expect(Buffer.from((await readSecret(stack, name)) ?? '', 'base64').toString()).toContain(
        'AzurePackConnectorEndpoint',
      );
    }
    const line = before.connector.azureStack.signingCertificate.slice(0, 80);
    const leaks = [...(await readTables(stack))].filter(([, text]) => text.includes(line)).map(([table]) => table);
    expect(leaks).toEqual([]);
  });

  it('holds the password of no account that its steps sign in with or run as in any table', async () => {
    const names = Object.values(secretNames);
    const passwords = await Promise.all(
      names.map(async (name) => {
        const { password } = JSON.parse((await readSecret(stack, name)) ?? '{}') as { readonly password: string };
        return [name, password] as const;
      }),
    );

    expect(passwords.filter(([, password]) => password.length < 8)).toEqual([]);
    const leaks = [...(await readTables(stack))].flatMap(([table, text]) =>
      passwords.filter(([, password]) => text.includes(password)).map(([name]) => `${name} in ${table}`),
    );
    expect(leaks).toEqual([]);
  });

  it('watches when the signing certificate ends, on every page of the list', async () => {
    const { validTo } = new X509Certificate(Buffer.from(before.connector.azureStack.signingCertificate, 'base64'));
    const all = await listSigningCertificates('within=P400D');

    expect(all).toHaveLength(2);
    expect(all[0]?.['notAfter']).toBe(new Date(validTo).toISOString());
    expect(await listSigningCertificates('within=P400D&top=1')).toEqual(all);
  });
});

describe('src/orchestrations/on-premises/connector-checks, verifyConnector', () => {
  it('finds all as it was made, and changes nothing', async () => {
    const changes = (await readChanges(stack)).length;

    await followToSuccess(stack, await stack.api('POST', '/api/connectors/wap/verify'));

    expect((await getConnector())['lastVerified']).toMatchObject({ ok: true });
    expect(await readChanges(stack)).toHaveLength(changes);
  });

  it('says what somebody has changed since', async () => {
    await changeWorld(stack, (world) => {
      const { sites } = machineOf(world, 'wapcomputer2').azurePack;
      for (const site of sites.filter(({ name }) => name === 'MgmtSvc-ConnectorExtension')) delete site.thumbprint;
    });

    const verified = await followOperation(stack, await stack.api('POST', '/api/connectors/wap/verify'));

    expect(verified.status).toBe('failed');
    expect(verified.problem?.detail).toContain('W21 wapcomputer2: Bind the certificate');
    expect(verified.problem?.detail).toContain('POST the connector again');
    expect((await getConnector())['lastVerified']).toMatchObject({ ok: false });
    expect(await readChanges(stack)).toEqual([]);
  });

  it('puts that right when the connector is asked for again, and does nothing else once more', async () => {
    const again = await followToSuccess(stack, await stack.api('POST', '/api/connectors', aConnectorRequest()));

    expect(await readChanges(stack)).toEqual(['W21 apply']);
    expect(again.approvals?.map(({ name }) => name)).toEqual(['portal-shows-clouds', 'tenant-sees-machines']);
    expect(again.steps.find(({ name }) => name === 'W13: Approve: multi-cloud mode')?.status).toBe('skipped');
    await followToSuccess(stack, await stack.api('POST', '/api/connectors/wap/verify'));
  });
});

describe('src/orchestrations/on-premises/connector-checks, disconnectClouds', () => {
  it('keeps a stack from being forgotten, and other connectors off it', async () => {
    expectStatus(await stack.api('DELETE', '/api/stacks/poc'), 409);
    expectStatus(await stack.api('DELETE', '/api/machines/wapcomputer1'), 409);
    expectStatus(await stack.api('POST', '/api/connectors', aConnectorRequest({ id: 'other' })), 409);
  });

  it('takes everything back, with approval of what loses something', async () => {
    const kept = await fileSecrets();

    const { approvals } = await followToSuccess(stack, await stack.api('DELETE', '/api/connectors/wap'));

    expect(approvals?.map(({ name }) => name)).toEqual([
      'untrust-azurepack-1',
      'restore-api-azurepack-1',
      'untrust-azurepack-2',
      'restore-api-azurepack-2',
    ]);
    const after = await seeWorld(stack);
    expect(after.connector.multiCloud).toMatchObject({ isOn: false, clouds: [], disableCount: 1 });
    for (const id of ['host', 'wasp', 'client', 'wapcomputer1', 'wapcomputer2']) {
      expect(lasting(after, id)).toEqual(lasting(before, id));
    }
    expect(Object.values(after.connector.sqlServers).map(({ trusts }) => trusts)).toEqual([[], []]);
    expectStatus(await stack.api('GET', '/api/connectors/wap'), 404);
    for (const name of kept) expect(await readSecret(stack, name)).toBeUndefined();
    expect(await listSigningCertificates('within=P400D')).toEqual([]);
  });

  it('makes room for a new connector, for which the old data files do not count', async () => {
    const [old = ''] = (await seeWorld(stack)).connector.outputFiles.map(({ name }) => name);
    // A file's name tells its minute.
    await stack.advance('PT1M');

    const request = aConnectorRequest({ id: 'wap-2', clouds: [anExpressCloud(1)] });
    await followToSuccess(stack, await stack.api('POST', '/api/connectors', request));

    expect((await seeWorld(stack)).connector.multiCloud.addCount).toBe(2);
    expect((await seeAsTenant(stack, 'AzurePack_1'))?.virtualMachines).toEqual(['wapcomputer1-vm1']);
    const { clouds } = expectStatus(await stack.api('GET', '/api/connectors/wap-2'), 200) as {
      readonly clouds: readonly { readonly dataFile: { readonly fileName: string } }[];
    };
    expect(clouds[0]?.dataFile.fileName).not.toBe(old);
  });

  it('leaves no data file in Key Vault, those of others included', async () => {
    await followToSuccess(stack, await stack.api('DELETE', '/api/connectors/wap-2'));

    expect(await fileSecrets()).toEqual([]);
  });
});
