import { connectorRequestSchema } from '../../../src/domain/connector-request.ts';
import { aCloudBody, aConnectorBody } from '../../support/on-premises-services.ts';

function pathsOf(body: unknown): readonly string[] {
  const reading = connectorRequestSchema.safeParse(body);
  return reading.success ? [] : reading.error.issues.map(({ path }) => `/${path.join('/')}`);
}

const twoClouds = (change: object): Record<string, unknown> =>
  aConnectorBody({ clouds: [aCloudBody(1), aCloudBody(2, change)] });

describe('src/domain/connector-request', () => {
  it('takes a whole request, and fills in what it may leave out', () => {
    const request = connectorRequestSchema.parse(aConnectorBody());

    expect(request).toMatchObject({
      privilegedEndpoint: { computerName: 'azs-ercs01', authentication: 'Credssp' },
      dataFiles: { share: '\\\\su1fileserver\\SU1_Infrastructure_1\\AzurePackConnectorOutput' },
      userPrincipalNames: [],
      approvalDays: 7,
    });
  });

  it('reads what it wrote as the same', () => {
    const request = connectorRequestSchema.parse(
      aConnectorBody({}, { certificateThumbprint: 'aa:'.repeat(20), endpoint: 'https://WAP1.contoso.com:443' }),
    );

    expect(connectorRequestSchema.parse(structuredClone(request))).toEqual(request);
  });

  it.each([
    ['https://wap1.contoso.com', 'https://wap1.contoso.com:40005'],
    ['https://wap1.contoso.com/', 'https://wap1.contoso.com:40005'],
    ['https://WAP1.Contoso.com:40005', 'https://wap1.contoso.com:40005'],
    ['https://wap1.contoso.com:443', 'https://wap1.contoso.com:443'],
    ['https://wap1.contoso.com:443/', 'https://wap1.contoso.com:443'],
    ['https://wap1.contoso.com:8443', 'https://wap1.contoso.com:8443'],
  ])('takes the endpoint %s as %s', (endpoint, expected) => {
    expect(connectorRequestSchema.parse(aConnectorBody({}, { endpoint })).clouds[0]?.endpoint).toBe(expected);
  });

  it('takes a thumbprint as people copy it', () => {
    const certificateThumbprint = `\u200e${'0a b1 '.repeat(10)}`;

    expect(
      connectorRequestSchema.parse(aConnectorBody({}, { certificateThumbprint })).clouds[0]?.certificateThumbprint,
    ).toBe('0AB1'.repeat(10));
  });

  it.each<[string, object, string]>([
    ['a name with a space', { name: 'Azure Pack' }, '/clouds/0/name'],
    ['a name with a quote', { name: "Pack'" }, '/clouds/0/name'],
    ['a name with a dollar sign', { name: '$Pack' }, '/clouds/0/name'],
    ['a name with a line break', { name: 'Pack\n' }, '/clouds/0/name'],
    ['a name of other letters', { name: 'Päck' }, '/clouds/0/name'],
    ['an empty name', { name: '' }, '/clouds/0/name'],
    ['a huge name', { name: 'x'.repeat(100_000) }, '/clouds/0/name'],
    ['an endpoint without TLS', { endpoint: 'http://wap1.contoso.com:40005' }, '/clouds/0/endpoint'],
    ['an endpoint with a path', { endpoint: 'https://wap1.contoso.com/x' }, '/clouds/0/endpoint'],
    ['an endpoint with a password', { endpoint: 'https://a:b@wap1.contoso.com' }, '/clouds/0/endpoint'],
    ['an endpoint with a query', { endpoint: 'https://wap1.contoso.com?sig=1' }, '/clouds/0/endpoint'],
    ['an endpoint that is a script', { endpoint: 'javascript:alert(1)' }, '/clouds/0/endpoint'],
    ['an endpoint that is no URL', { endpoint: 'wap1.contoso.com' }, '/clouds/0/endpoint'],
    ['an endpoint that is empty', { endpoint: '' }, '/clouds/0/endpoint'],
    ['an endpoint with half a host', { endpoint: 'https://' }, '/clouds/0/endpoint'],
    ['an endpoint with a port that there is not', { endpoint: 'https://wap1.contoso.com:99999' }, '/clouds/0/endpoint'],
    ['an endpoint with port 0', { endpoint: 'https://wap1.contoso.com:0' }, '/clouds/0/endpoint'],
    ['an endpoint that is an address', { endpoint: 'https://10.0.0.4' }, '/clouds/0/endpoint'],
    ['an endpoint that is an address in disguise', { endpoint: 'https://0x0a.4' }, '/clouds/0/endpoint'],
    ['an endpoint that is an IPv6 address', { endpoint: 'https://[::1]:40005' }, '/clouds/0/endpoint'],
    ['an address in place of a name', { tenantPortalFqdn: '10.0.0.4' }, '/clouds/0/tenantPortalFqdn'],
    ['an IPv6 address in place of a name', { tenantPortalFqdn: '::1' }, '/clouds/0/tenantPortalFqdn'],
    ['a single label', { tenantApiFqdn: 'wap1' }, '/clouds/0/tenantApiFqdn'],
    ['a name with a semicolon', { tenantApiFqdn: 'a.b;calc.exe' }, '/clouds/0/tenantApiFqdn'],
    ['a name with a backtick', { tenantApiFqdn: 'a`n.contoso.com' }, '/clouds/0/tenantApiFqdn'],
    ['a trust machine of another list', { trustMachine: 'portal-1' }, '/clouds/0/trustMachine'],
    ['no portal machine', { portalMachines: [] }, '/clouds/0/portalMachines'],
    ['no API machine', { apiMachines: [] }, '/clouds/0/apiMachines'],
    ['a machine that is named twice', { apiMachines: ['api-1', 'api-1'] }, '/clouds/0/apiMachines/1'],
    ['a short thumbprint', { certificateThumbprint: 'AB' }, '/clouds/0/certificateThumbprint'],
    ['a SQL server with a script', { sqlServer: 'sql1; drop table x' }, '/clouds/0/sqlServer'],
    ['a secret that is none', { sqlRunAsSecret: 'my secret!' }, '/clouds/0/sqlRunAsSecret'],
    ['a password in the request', { password: 'hunter2' }, '/clouds/0'],
    ['a drain of both kinds', { drain: { approval: true, hookSecret: 'drain-hook-x' } }, '/clouds/0/drain'],
  ])('refuses %s, and says where', (_what, change, path) => {
    expect(pathsOf(aConnectorBody({}, change))).toContain(path);
  });

  it.each<[string, object, string]>([
    ['no clouds', { clouds: [] }, '/clouds'],
    ['more clouds than ten', { clouds: Array.from({ length: 11 }, (_, index) => aCloudBody(index)) }, '/clouds'],
    ['a package that is no URL', { package: { uri: '$(calc)', sha256: 'a'.repeat(64) } }, '/package/uri'],
    ['a package without an address', { urlRewrite: { uri: '', sha256: 'a'.repeat(64) } }, '/urlRewrite/uri'],
    ['a package without TLS', { package: { uri: 'http://x.com/a.zip', sha256: 'a'.repeat(64) } }, '/package/uri'],
    [
      'a package that a secret opens',
      { package: { uri: 'https://x.com/a.zip?sig=secret', sha256: 'a'.repeat(64) } },
      '/package/uri',
    ],
    ['a hash that is none', { package: { uri: 'https://x.com/a.zip', sha256: 'A' } }, '/package/sha256'],
    [
      'a share that is a folder',
      { dataFiles: { share: 'C:\\temp', credentialSecret: 'account-x' } },
      '/dataFiles/share',
    ],
    ['a user that is no address', { userPrincipalNames: ["ann' or 1"] }, '/userPrincipalNames/0'],
    ['no days to decide', { approvalDays: 0 }, '/approvalDays'],
    ['a version that is none', { minimumVersions: { wap: 'new' } }, '/minimumVersions/wap'],
    ['a field that there is not', { force: true }, '/'],
  ])('refuses a request with %s', (_what, change, path) => {
    expect(pathsOf(aConnectorBody(change))).toContain(path);
  });

  it.each<[string, object, string]>([
    ['a name, whatever its letter case', { name: 'azurepack_1' }, '/clouds/1/name'],
    ['the name of Azure Stack', { name: 'AZURESTACK' }, '/clouds/1/name'],
    ['an endpoint, with or without its port', { endpoint: 'https://wap1.contoso.com' }, '/clouds/1/endpoint'],
    ['a portal machine', { portalMachines: ['portal-1'] }, '/clouds/1/portalMachines/0'],
    ['an API machine', { apiMachines: ['api-1', 'api-2'] }, '/clouds/1/apiMachines/0'],
  ])('refuses two clouds that share %s', (_what, change, path) => {
    expect(pathsOf(twoClouds(change))).toEqual([path]);
  });

  it('quotes nothing of what it refuses', () => {
    const reading = connectorRequestSchema.safeParse(aConnectorBody({}, { trustMachine: '$(calc)' }));

    expect(JSON.stringify(reading.error?.issues)).not.toContain('$(calc)');
  });

  it('lets one machine be portal and API of its cloud', () => {
    expect(
      pathsOf(aConnectorBody({}, { portalMachines: ['express'], apiMachines: ['express'], trustMachine: 'express' })),
    ).toEqual([]);
  });

  it('reports everything at once', () => {
    const clouds = [aCloudBody(1), aCloudBody(1, { trustMachine: 'x' })];

    expect(pathsOf(aConnectorBody({ clouds }))).toEqual([
      '/clouds/1/name',
      '/clouds/1/endpoint',
      '/clouds/1/portalMachines/0',
      '/clouds/1/apiMachines/0',
      '/clouds/1/trustMachine',
    ]);
  });

  it('tells what is wrong between fields beside what is wrong with their shapes', () => {
    const clouds = [
      aCloudBody(1, { tenantPortalFqdn: '10.0.0.4', trustMachine: 'x' }),
      aCloudBody(2, { name: 'AzurePack_1', endpoint: 'http://no', portalMachines: ['portal-1', 'Ä'] }),
      aCloudBody(3, { apiMachines: ['Ä'], trustMachine: 'y' }),
    ];

    expect([...pathsOf(aConnectorBody({ clouds, approvalDays: 0 }))].sort()).toEqual([
      '/approvalDays',
      '/clouds/0/tenantPortalFqdn',
      '/clouds/0/trustMachine',
      '/clouds/1/endpoint',
      '/clouds/1/name',
      '/clouds/1/portalMachines/0',
      '/clouds/1/portalMachines/1',
      '/clouds/2/apiMachines/0',
    ]);
  });

  it('takes nothing that is no object', () => {
    expect([null, 7, 'x', [], undefined].map(pathsOf)).toEqual([['/'], ['/'], ['/'], ['/'], ['/']]);
  });

  it('refuses more machines than an operation can show', () => {
    const machines = (kind: string, cloud: number): string[] =>
      Array.from({ length: 20 }, (_, index) => `${kind}-${cloud}-${index}`);
    const clouds = [1, 2, 3].map((cloud) =>
      aCloudBody(cloud, {
        portalMachines: machines('portal', cloud),
        apiMachines: machines('api', cloud),
        trustMachine: `api-${cloud}-0`,
      }),
    );

    expect(pathsOf(aConnectorBody({ clouds }))).toEqual(['/clouds']);
  });
});
