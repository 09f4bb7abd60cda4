/** Which secrets a request may name: at every field that names one, only those that were set aside for its use. */
import { z } from 'zod';
import { openOnPremisesApi, pathsOf } from '../../../support/on-premises-routes.ts';
import { aConnectorBody } from '../../../support/on-premises-services.ts';
import type { ApiRequest } from '../../../support/test-route.ts';

const poc = { params: { id: 'poc' } };
const ssh = { host: '10.0.0.1', username: 'admin', hostKey: `SHA256:${'A'.repeat(43)}` };
const via = { machineId: 'host', computerName: 'NATVM' };

/** By route and field: a request that names this secret there. */
const fields: readonly (readonly [route: string, path: string, request: (name: string) => ApiRequest])[] = [
  ['putMachine', '/ssh/keySecret', (keySecret) => ({ body: { id: 'm', role: 'host', ssh: { ...ssh, keySecret } } })],
  [
    'putMachine',
    '/via/credentialSecret',
    (credentialSecret) => ({ body: { id: 'm', role: 'natvm', via: { ...via, credentialSecret } } }),
  ],
  ['shareVpnAccess', '/sharedKeySecret', (sharedKeySecret) => ({ ...poc, body: { sharedKeySecret } })],
  [
    'shareVpnAccess',
    '/users/0/passwordSecret',
    (passwordSecret) => ({ ...poc, body: { users: [{ name: 'ann', passwordSecret }] } }),
  ],
  ['addVpnUser', '/passwordSecret', (passwordSecret) => ({ ...poc, body: { name: 'ann', passwordSecret } })],
  [
    'createConnector',
    '/privilegedEndpoint/credentialSecret',
    (credentialSecret) => ({ body: aConnectorBody({ privilegedEndpoint: { credentialSecret } }) }),
  ],
  [
    'createConnector',
    '/dataFiles/credentialSecret',
    (credentialSecret) => ({ body: aConnectorBody({ dataFiles: { credentialSecret } }) }),
  ],
  [
    'createConnector',
    '/clouds/0/sqlRunAsSecret',
    (sqlRunAsSecret) => ({ body: aConnectorBody({}, { sqlRunAsSecret }) }),
  ],
  [
    'createConnector',
    '/clouds/0/directoryCredentialSecret',
    (directoryCredentialSecret) => ({ body: aConnectorBody({}, { directoryCredentialSecret }) }),
  ],
  [
    'createConnector',
    '/clouds/0/drain/hookSecret',
    (hookSecret) => ({ body: aConnectorBody({}, { drain: { hookSecret } }) }),
  ],
];

const foreign = ['administrator-key', 'webhook-secret'];
const kept = ['gatehouse-l2tp-key-poc', 'gatehouse-vpn-password-poc-ann-1'];
const everyPrefix = ['ssh-key-', 'account-', 'run-as-', 'l2tp-key-', 'vpn-password-', 'drain-hook-', 'data-file-'];

describe('names of secrets in requests', () => {
  it.each(fields)('%s takes at %s what is set aside for it alone', async (route, path, request) => {
    const { ask, services } = await openOnPremisesApi();
    const taken: string[] = [];

    for (const name of [...foreign, ...kept, ...everyPrefix.map((prefix) => `${prefix}1`)]) {
      const answer = await ask(route, { ...request(name), as: 'administrator' });
      if (!pathsOf(answer).includes(path)) taken.push(name);
      else if (answer.json['code'] === 'ERR_REQUEST_INVALID' && answer.text.includes('secretMissing')) taken.push(name);
    }

    expect(taken).toHaveLength(1);
    expect(services.secrets.asked.filter((name) => foreign.includes(name))).toEqual([]);
  });

  it('says what names are for, and what to do', async () => {
    const { ask } = await openOnPremisesApi();

    const answer = await ask('shareVpnAccess', { ...poc, body: { sharedKeySecret: 'administrator-key' } });

    expect(answer.status).toBe(400);
    expect(answer.json['errors']).toMatchObject([
      { path: '/sharedKeySecret', code: 'secretNotSetAside', fix: expect.stringContaining('l2tp-key-') as string },
    ]);
  });

  it('is looked at above for every field that names a secret', async () => {
    const { routes } = await openOnPremisesApi();
    const known = new Set(fields.map(([route, path]) => `${route} ${path.replaceAll(/\/\d+/g, '/*')}`));

    const found = routes.flatMap(({ name, request }) =>
      request.body === undefined
        ? []
        : secretPaths(z.toJSONSchema(request.body, { io: 'input', unrepresentable: 'any' })).map(
            (path) => `${name} ${path}`,
          ),
    );

    expect([...new Set(found)].toSorted()).toEqual([...known].toSorted());
  });
});

interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** Where a body names secrets: fields that are called so. */
function secretPaths(schema: unknown): readonly string[] {
  const root = schema as JsonSchema;
  const walk = (node: JsonSchema, path: string): readonly string[] => {
    const target = node.$ref === undefined ? node : (root.$defs?.[node.$ref.split('/').at(-1) ?? ''] ?? {});
    return [
      ...Object.entries(target.properties ?? {}).flatMap(([name, inner]) => [
        ...(/secret/i.test(name) ? [`${path}/${name}`] : []),
        ...walk(inner, `${path}/${name}`),
      ]),
      ...(target.items === undefined ? [] : walk(target.items, `${path}/*`)),
      ...[...(target.anyOf ?? []), ...(target.oneOf ?? [])].flatMap((branch) => walk(branch, path)),
    ];
  };
  return walk(root, '');
}
