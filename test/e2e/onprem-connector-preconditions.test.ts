/** What is refused before anything is changed: at the routes, and on the machines all at once. */
import { thumbprintOf } from '../../sandbox/windows/connector/data-file.ts';
import type { OperationView } from '../../src/domain/operation.ts';
import { given } from '../support/given.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { sqlAdmin, sqlAdminPassword } from '../support/windows/connector-world.ts';
import { aServerCertificate } from '../support/windows/issued-certificates.ts';
import { writeSecret } from './support/azure.ts';
import {
  aConnectorRequest,
  anExpressCloud,
  followOperation,
  followToSuccess,
  openApprovals,
} from './support/connector-line.ts';
import {
  anExpressWorld,
  changeWorld,
  defineWorld,
  machineOf,
  seeWorld,
  writeAccounts,
} from './support/connector-world.ts';
import { acceptedOperation, expectStatus, type JsonObject } from './support/line.ts';
import { breakMachine, machineSpeed, readChanges, readHistory, stepStates, type Way } from './support/onprem-line.ts';
import { readTable } from './support/read-tables.ts';

jest.setTimeout(600_000);

let stack: RunningTestStack;
/** Azure says at once that a machine is away; a connection that nobody answers takes its time to fail. */
const ways = (id: string): Way => (id === 'client' ? 'arc' : 'ssh');

beforeAll(async () => {
  stack = await startStack({ speed: machineSpeed, with: ['windows'] });
  await writeAccounts(stack);
  await defineWorld(stack, await anExpressWorld(), ways);
});

afterAll(async () => {
  await stack.stop();
});

function withCloud(more: JsonObject): JsonObject {
  return aConnectorRequest({ clouds: [anExpressCloud(1, more)] });
}

const hostileNames: readonly (readonly [string, string])[] = [
  ['a quote', "Azure'Pack"],
  ['a double quote', 'Azure"Pack'],
  ['a variable', '$env:COMPUTERNAME'],
  ['a subexpression', '$(Remove-Item C:\\)'],
  ['a backtick', 'Azure`Pack'],
  ['a semicolon', 'AzurePack;Stop-Computer'],
  ['a line break', 'AzurePack\nStop-Computer'],
  ['a space', 'Azure Pack'],
  ['a curly quote', 'Azure\u2019Pack'],
  ['letters that look Latin', '\u0410zurePack'],
  ['a right-to-left override', 'Azure\u202EkcaP'],
  ['nothing', ''],
];

describe('src/domain/connector-request', () => {
  it.each<readonly [string, JsonObject, string]>([
    ...hostileNames.map(
      ([what, name]) => [`a cloud's name with ${what}`, withCloud({ name }), '/clouds/0/name'] as const,
    ),
    ...hostileNames.map(
      ([what, name]) =>
        [
          `an Azure Stack's name with ${what}`,
          aConnectorRequest({ azureStackCloudName: name }),
          '/azureStackCloudName',
        ] as const,
    ),
    ['an endpoint without TLS', withCloud({ endpoint: 'http://wapcomputer1.contoso.com:40005' }), '/clouds/0/endpoint'],
    ['an endpoint with a path', withCloud({ endpoint: "https://wapcomputer1.contoso.com/'+x" }), '/clouds/0/endpoint'],
    [
      'an endpoint with a password',
      withCloud({ endpoint: 'https://u:p@wapcomputer1.contoso.com' }),
      '/clouds/0/endpoint',
    ],
    ['an address for a name', withCloud({ tenantPortalFqdn: '10.0.0.4' }), '/clouds/0/tenantPortalFqdn'],
    ['a single label for a name', withCloud({ tenantApiFqdn: 'wapcomputer1' }), '/clouds/0/tenantApiFqdn'],
    ['a script for a name', withCloud({ tenantApiFqdn: 'a.example;calc' }), '/clouds/0/tenantApiFqdn'],
    [
      'two clouds of one name',
      aConnectorRequest({ clouds: [anExpressCloud(1), anExpressCloud(2, { name: 'azurepack_1' })] }),
      '/clouds/1/name',
    ],
    ['a cloud named as Azure Stack is', withCloud({ name: 'azurestack' }), '/clouds/0/name'],
    [
      'one machine in two clouds',
      aConnectorRequest({ clouds: [anExpressCloud(1), anExpressCloud(2, { portalMachines: ['wapcomputer1'] })] }),
      '/clouds/1/portalMachines/0',
    ],
    ['a trust machine of no cloud', withCloud({ trustMachine: 'wapcomputer2' }), '/clouds/0/trustMachine'],
    ['a machine that nobody registered', withCloud({ spfMachine: 'spf1' }), '/clouds/0/spfMachine'],
    ['a SQL server with an argument', withCloud({ sqlServer: 'sql1 -Verb RunAs' }), '/clouds/0/sqlServer'],
    ['a thumbprint that is none', withCloud({ certificateThumbprint: 'latest' }), '/clouds/0/certificateThumbprint'],
    [
      'a share with a variable',
      aConnectorRequest({ dataFiles: { credentialSecret: 'account-a', share: '\\\\$env:X\\y' } }),
      '/dataFiles/share',
    ],
    [
      'a package whose address is a secret',
      aConnectorRequest({ package: { uri: 'https://x.example/p.zip?sig=1', sha256: 'a'.repeat(64) } }),
      '/package/uri',
    ],
    ['no cloud at all', aConnectorRequest({ clouds: [] }), '/clouds'],
  ])('refuses %s, says where and how to mend it, and keeps nothing', async (_what, request, pointer) => {
    const answer = await stack.api('POST', '/api/connectors', request);

    const { errors } = expectStatus(answer, 400) as unknown as {
      readonly errors: readonly { readonly path: string; readonly message: string; readonly fix: string }[];
    };
    const named = errors.find(({ path }) => path === pointer);
    expect(named).toBeDefined();
    expect(`${named?.message}${named?.fix}`).not.toBe('');
    expectStatus(await stack.api('GET', '/api/connectors/wap'), 404);
    expect(await readHistory(stack)).toEqual([]);
  });
});

describe('src/orchestrations/on-premises/connector-preconditions', () => {
  let failed: OperationView;

  beforeAll(async () => {
    const certificate = await aServerCertificate('wapcomputer2.contoso.com');
    await changeWorld(stack, (world) => {
      world.network.blocked.push({ from: 'wasp', to: 'wapcomputer1', port: 30_081 });
      const second = machineOf(world, 'wapcomputer2');
      second.certificates.push({ location: 'LocalMachine', store: 'My', certificate, hasPrivateKey: true });
      for (const site of second.azurePack.sites) site.thumbprint = thumbprintOf(certificate) ?? '';
      second.products = second.products.map((product) => ({ ...product, version: '3.19.8196.21' }));
    });
    await changeWorld(stack, (world) => {
      delete machineOf(world, 'wapcomputer2').azurePack.urlRewrite.version;
      const { sysadmins, logins } = given(world.connector.sqlServers['wapcomputer1']);
      logins.push(...sysadmins.splice(0));
    });
    await breakMachine(stack, { machine: 'client', then: { kind: 'unreachable' } });
    await writeSecret(stack, 'account-wap-reader', JSON.stringify({ username: sqlAdmin, password: sqlAdminPassword }));
    const first = anExpressCloud(1, {
      directoryCredentialSecret: 'account-wap-reader',
      sqlServer: 'wapcomputer1',
      drain: { hookSecret: 'drain-hook-none' },
    });
    const request = aConnectorRequest({
      userPrincipalNames: ['ann@contoso.com'],
      clouds: [first, anExpressCloud(2)],
    });
    failed = await followOperation(stack, await stack.api('POST', '/api/connectors', request));
  });

  it('reports all that does not hold in one answer, from every machine', () => {
    expect(failed.status).toBe('failed');
    const problems = failed.problem?.errors ?? [];
    const found = problems.map(({ path, code, message }) => `${path} ${code} ${message}`);
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\/clouds portClosed .*from wasp, wapcomputer1\.contoso\.com:30081/),
        expect.stringMatching(
          /^\/clouds selfSigned|^\/clouds untrusted|^\/clouds\/1\/portalMachines\/0 precondition .*self-signed/,
        ),
        expect.stringMatching(/^\/clouds\/1\/portalMachines\/0 precondition wapcomputer2, W2/),
        expect.stringMatching(/^\/clouds\/1\/portalMachines\/0 precondition wapcomputer2, W10: .*URL Rewrite/),
        expect.stringMatching(/^\/clouds\/0\/sqlRunAsSecret precondition wapcomputer1, W31: .*not sysadmin/),
        expect.stringMatching(/^\/clouds\/0\/drain\/hookSecret secretMissing .*drain-hook-none/),
        expect.stringMatching(/^\/checkMachines\/0 unreachable client/),
      ]),
    );
    expect(problems.every(({ fix }) => fix.length > 0)).toBe(true);
    // A missing user is a warning: it keeps nobody from connecting.
    expect(found.join()).not.toContain('ann@contoso.com');
  });

  it('shows who is missing as a warning of the connector', async () => {
    const { warnings } = expectStatus(await stack.api('GET', '/api/connectors/wap'), 200);

    expect(warnings).toEqual([
      expect.objectContaining({ code: 'userMissing' }),
      expect.objectContaining({ message: expect.stringMatching(/ann.* not exist in .* AzurePack_1/) as string }),
      expect.objectContaining({ code: 'notLookedAt', path: '/userPrincipalNames' }),
      expect.objectContaining({ code: 'notLookedAt', path: '/clouds/1/sqlServer' }),
    ]);
  });

  it('has changed nothing, and asked nobody', async () => {
    expect(await readChanges(stack)).toEqual([]);
    expect(failed.approvals ?? []).toEqual([]);
    expect((await seeWorld(stack)).connector.multiCloud.addCount).toBe(0);
  });

  it('goes on from there once all is mended', async () => {
    await defineWorld(stack, await anExpressWorld(), ways);
    await writeSecret(stack, 'drain-hook-none', 'https://balancer.contoso.com/drain');
    expectStatus(await stack.api('POST', `/api/operations/${failed.id}/resume`), 202);

    let asked: readonly string[] = [];
    const canceled = await followOperation(stack, failed.id, {
      judge: async () => {
        await stack.api('POST', `/api/operations/${failed.id}/cancel`);
        return undefined;
      },
      onLook: (operation) => {
        asked = [...asked, ...openApprovals(operation).map(({ name }) => name)];
      },
    });

    expect(new Set(asked)).toEqual(new Set(['enable-multi-cloud']));
    expect(canceled.status).toBe('canceled');
    expect(
      (await readTable(stack, 'Claims')).filter((row) => String(row['partitionKey']).includes('connector')),
    ).toEqual([]);
  });
});

describe('src/orchestrations/on-premises/connector-checks disconnectClouds, where nothing was ever begun', () => {
  it('keeps no other connector from the stack, and is removed though its machine is still away', async () => {
    await defineWorld(stack, await anExpressWorld(), ways, 'poc2');
    await breakMachine(stack, { machine: 'client', then: { kind: 'unreachable' } });
    const lost = aConnectorRequest({ id: 'lost', stackId: 'poc2' });
    const failed = await followOperation(stack, await stack.api('POST', '/api/connectors', lost));
    expect(failed.problem?.errors).toEqual([expect.objectContaining({ code: 'unreachable' })]);

    const other = aConnectorRequest({ id: 'other', stackId: 'poc2', checkMachines: [] });
    const begun = acceptedOperation(await stack.api('POST', '/api/connectors', other)).id;
    const isAsked = await followOperation(stack, begun, {
      judge: async () => {
        await stack.api('POST', `/api/operations/${begun}/cancel`);
        return undefined;
      },
    });
    expect(isAsked.approvals?.map(({ name }) => name)).toEqual(['enable-multi-cloud']);

    const removed = await followToSuccess(stack, await stack.api('DELETE', '/api/connectors/lost'));
    expect(stepStates(removed)).toEqual({ 'W34: Remove what was never begun': 'succeeded' });
    expectStatus(await stack.api('GET', '/api/connectors/lost'), 404);
  });
});
