/** What a whole line leaves behind, searched for what must not be there. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { zipSync } from 'fflate';
import { aPfx } from '../support/builders/a-pfx.ts';
import { anAuthority } from '../support/builders/an-authority.ts';
import { requestOver } from '../support/https-request.ts';
import { type RunningTestStack, startStack } from '../support/stack.ts';
import { tokenOf } from '../support/token-of.ts';
import { changeGatewayInPortal, readSecret, readSecrets, writeSecret } from './support/azure.ts';
import { keysIn, layersOf } from './support/layers.ts';
import {
  aKeyAndRequest,
  buildGateway,
  createRoot,
  expectStatus,
  issue,
  kit,
  makeProfile,
  readJournal,
  reinstate,
  revoke,
  testSpeed,
  trustRoot,
} from './support/line.ts';
import { registerMachine, untilDone, wayTo } from './support/onprem-line.ts';
import {
  host,
  natAdministrator,
  offerKit,
  openAccess,
  revealing,
  seeAccess,
  setUpPoc,
  useLink,
} from './support/onprem-vpn.ts';
import { readTables } from './support/read-tables.ts';

jest.setTimeout(600_000);

const callersKey = randomBytes(32).toString('base64url');
const radiusSecret = 'radius-secret-of-the-portal';
const keyFilePassword = `opens the file ${randomBytes(8).toString('hex')}`;
const account = 'devstoreaccount1';
let stack: RunningTestStack;
/** Texts that belong to nobody but their holders, by what they are. */
let secrets: ReadonlyMap<string, string | RegExp>;
let tlsKeyLine: string;
let keyFile: Buffer;
/** What everybody may have: a request and its answer. */
let publicText: string;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed, with: ['windows'] });
  await buildGateway(stack);
  await changeGatewayInPortal(stack, (gateway) => {
    const { vpnClientConfiguration, ...properties } = gateway.properties;
    const radiusServers = [{ radiusServerAddress: '10.1.0.9', radiusServerScore: 1, radiusServerSecret: radiusSecret }];
    return {
      ...gateway,
      properties: { ...properties, vpnClientConfiguration: { ...vpnClientConfiguration, radiusServers } },
    };
  });
  await createRoot(stack, 'root-1');
  await trustRoot(stack, 'vnet1gw', 'root-1');
  await makeProfile(stack, 'vnet1gw');
  const { csrPem, keyPem } = aKeyAndRequest();
  const certificate = await issue(stack, { rootId: 'root-1', csr: csrPem }, { 'idempotency-key': 'the-caller-s-own' });
  publicText = JSON.stringify({ csrPem, certificate });
  const { content } = await kit(stack, certificate.thumbprint, 'vnet1gw');
  await stack.control('POST', '/sessions', {
    gateway: 'VNet1GW',
    thumbprint: certificate.thumbprint,
    publicIp: '198.51.100.7',
  });
  await revoke(stack, certificate.thumbprint);
  await reinstate(stack, certificate.thumbprint);
  await stack.advance('PT5M');
  const ofVpnAccess = await shareVpnAccess();
  const ofKeyFiles = await haveKeysMade();
  const ofRootFile = await importRootKey();
  const keyHash = createHash('sha256').update(callersKey).digest('hex');
  await stack.api('PUT', '/api/api-keys/dashboard', { role: 'reader', keyHash });
  expectStatus(await stack.api('GET', '/api/roots', undefined, { 'x-api-key': callersKey }), 200);
  const known = readSecrets(stack);
  tlsKeyLine = /-----BEGIN OpenVPN Static key V1-----\r?\n([0-9a-f]{32})/.exec(content)?.[1] ?? '';
  secrets = new Map<string, string | RegExp>([
    ['administrator key', known.administratorKey],
    ["a caller's key", callersKey],
    ['client secret', known.clientSecret],
    ['webhook secret', known.webhookSecret],
    ['durable key', known.durableKey],
    ['master key', known.masterKey],
    ['event grid key', known.eventGridKey],
    ['RADIUS secret', radiusSecret],
    ['tls-auth key', tlsKeyLine],
    ['idempotency key', 'the-caller-s-own'],
    // The first lines are the public modulus; this one is of the private exponent.
    ['client key', keyPem.split('\n')[9] ?? ''],
    ['private key', 'PRIVATE KEY'],
    ['signature of a SAS', /sig=(?!XXXXX)/],
    ['key in a URL', /[?&]code=(?!XXXXX)/],
    ['bearer token', 'Bearer ey'],
    ...ofVpnAccess,
    ...ofKeyFiles,
    ...ofRootFile,
  ]);
});

afterAll(async () => {
  await stack.stop();
});

/** VPN access to a POC over SSH, a user of it by Arc, a kit; answers what of that is secret. */
async function shareVpnAccess(): Promise<readonly (readonly [string, string])[]> {
  await setUpPoc(stack, 'ssh');
  const { id } = await openAccess(stack, ['ann']);
  await untilDone(stack, await stack.api('GET', `/api/operations/${id}/result`));
  const { url } = await offerKit(stack, 'ann', 'windows');
  await useLink(stack, url, 'GET');
  await useLink(stack, url, 'POST');
  await registerMachine(stack, { id: host, role: 'host', ...(await wayTo(stack, host, 'arc')) });
  const added = await revealing(stack, '/users', { name: 'bob' });
  await untilDone(stack, added);
  const { sharedKeySecret, users } = await seeAccess(stack);
  const passwordSecret = users.find(({ name }) => name === 'ann')?.passwordSecret ?? '';
  const sshKey = readFileSync(stack.currentInfo().windows?.privateKey ?? '', 'utf8');
  return [
    ['shared key of the VPN', (await readSecret(stack, sharedKeySecret)) ?? ''],
    ['password of a VPN user', (await readSecret(stack, passwordSecret)) ?? ''],
    ['password that was told', (added.body as { readonly password: string }).password],
    ["password of the NATVM's administrator", natAdministrator.password],
    ['token of a link', tokenOf(url)],
    ['SSH key', sshKey.split('\n')[3] ?? ''],
  ];
}

/**
 * Two keys that are made here, one fetched after its request was sent again and one left lying; answers what of that is
 * secret.
 */
async function haveKeysMade(): Promise<readonly (readonly [string, string])[]> {
  const order = { rootId: 'root-1', owner: 'bea@example.com', key: { type: 'RSA-2048' } };
  const chosen = { ...order, pfx: { password: keyFilePassword } };
  const again = { 'idempotency-key': 'made-here' };
  const issued = [
    await stack.api('POST', '/api/certificates', chosen, again),
    await stack.api('POST', '/api/certificates', chosen, again),
    await stack.api('POST', '/api/certificates', order, { prefer: 'reveal-password' }),
  ].map((answer) => expectStatus(answer, 201) as unknown as IssuedWithKey);
  const [first, second, revealed] = issued.map(({ downloads, ...rest }) => ({ ...rest, url: downloads[0]?.url ?? '' }));
  if (first === undefined || second === undefined || revealed === undefined) throw new Error('Three were asked for.');
  expect(second.thumbprint).toBe(first.thumbprint);
  expect((await stack.api('POST', first.url)).status).toBe(404);
  const file = await useLink(stack, second.url, 'POST');
  keyFile = file.content;
  return [
    ['password of a .pfx', keyFilePassword],
    ['password of a .pfx that was told', revealed.password ?? ''],
    ['token of a link to a .pfx', tokenOf(first.url)],
    ['token of another link to a .pfx', tokenOf(second.url)],
    ['token of a link to a .pfx that nobody fetched', tokenOf(revealed.url)],
    ['.pfx', keyFile.toString('base64').slice(80, 160)],
    ['bytes of a .pfx', keyFile.subarray(200, 260).toString('latin1')],
  ];
}

/** A root that comes with its key, under which one certificate is issued; answers what of that is secret. */
async function importRootKey(): Promise<readonly (readonly [string, string])[]> {
  const password = `opens the root ${randomBytes(8).toString('hex')}`;
  const file = aPfx(anAuthority({ called: 'Contoso with key' }), { password });
  await writeSecret(stack, 'root-pfx-contoso', file.toString('base64'));
  await writeSecret(stack, 'root-password-contoso', password);
  const asked = { id: 'contoso', pfxSecret: 'root-pfx-contoso', passwordSecret: 'root-password-contoso' };
  expectStatus(await stack.api('POST', '/api/roots', asked), 201);
  await issue(stack, { rootId: 'contoso', csr: aKeyAndRequest().csrPem });
  return [
    ['password of a root’s .pfx', password],
    ['.pfx of a root', file.toString('base64').slice(80, 160)],
    ['bytes of a root’s .pfx', file.subarray(200, 260).toString('latin1')],
  ];
}

interface IssuedWithKey {
  readonly thumbprint: string;
  readonly password?: string;
  readonly downloads: readonly { readonly url: string }[];
}

/** What of the secrets is somewhere in this, however it is packed, and any private key. */
function found(content: string | Buffer): readonly string[] {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return [...new Set(layersOf(bytes).flatMap((layer) => [...secretsIn(layer.toString('latin1')), ...keysIn(layer)]))];
}

function secretsIn(text: string): readonly string[] {
  return [...secrets]
    .filter(([, secret]) => (typeof secret === 'string' ? text.includes(secret) : secret.test(text)))
    .map(([what]) => what);
}

function tlsOptions(): { readonly ca: string } {
  return { ca: readFileSync(stack.info.ca, 'utf8') };
}

interface FoundBlob {
  readonly container: string;
  readonly name: string;
  readonly content: Buffer;
}

async function readBlobs(): Promise<readonly FoundBlob[]> {
  const credential = new StorageSharedKeyCredential(account, readSecrets(stack).storageKey);
  // The blob client passes the CA on although its type does not name it.
  const options = { retryOptions: { maxTries: 3 }, tlsOptions: tlsOptions() };
  const service = new BlobServiceClient(stack.info.storage.blobUrl, credential, options);
  const blobs: FoundBlob[] = [];
  for await (const { name: container } of service.listContainers()) {
    const client = service.getContainerClient(container);
    for await (const { name } of client.listBlobsFlat()) {
      blobs.push({ container, name, content: await client.getBlobClient(name).downloadToBuffer() });
    }
  }
  return blobs;
}

/**
 * What is looked for of each line of the table of custody. The connectors' secrets are looked for where a connector
 * runs (`onprem-connector.test.ts`).
 */
const lookedFor: Readonly<Record<string, readonly string[]>> = {
  'private key of a root': ['private key'],
  'file with the key of a root, and its password (`root-pfx-`, `root-password-`)': [
    '.pfx of a root',
    'bytes of a root’s .pfx',
    'password of a root’s .pfx',
  ],
  'private key of a client': ['client key', 'private key'],
  'key made for a client, in a `.pfx` behind a link': ['.pfx', 'bytes of a .pfx', 'token of a link to a .pfx'],
  'password of a `.pfx`': ['password of a .pfx', 'password of a .pfx that was told'],
  'what seals the tokens of those links (`gatehouse-download-key-`)': [
    'token of another link to a .pfx',
    'token of a link to a .pfx that nobody fetched',
  ],
  'API keys': ["a caller's key", 'administrator key'],
  'profile package of a gateway': ['tls-auth key'],
  'kit of a gateway': ['tls-auth key'],
  'RADIUS secrets': ['RADIUS secret'],
  "administrator's key; webhook's address and secret": ['administrator key', 'webhook secret'],
  'kit of a stack (L2TP), behind a link': ['token of a link', 'shared key of the VPN'],
  'accounts of machines, endpoints and shares (`account-`)': ["password of the NATVM's administrator"],
  'accounts that a step runs as (`run-as-`)': [],
  "addresses of load balancers' hooks (`drain-hook-`)": [],
  'SSH keys to machines (`ssh-key-`)': ['SSH key'],
  'shared key of a VPN (`l2tp-key-`, made up `gatehouse-l2tp-key-`)': ['shared key of the VPN'],
  'passwords of VPN users (`vpn-password-`, made up `gatehouse-vpn-password-`)': [
    'password of a VPN user',
    'password that was told',
  ],
  'data files of connectors (`gatehouse-data-file-`)': [],
  'seeds of idempotency keys': ['idempotency key'],
};

function linesOfCustody(): readonly string[] {
  const text = readFileSync(join(__dirname, '..', '..', 'SECURITY.md'), 'utf8');
  const [, table = ''] = /## Custody of keys and secrets\n\n(\|[^]*?)\n\n/.exec(text) ?? [];
  return table
    .split('\n')
    .slice(2)
    .map((line) => line.split('|')[1]?.trim() ?? '');
}

describe('what the line leaves behind', () => {
  it('is searched for every line of the table of custody', () => {
    expect(Object.keys(lookedFor).toSorted()).toEqual(linesOfCustody().toSorted());
    expect(
      Object.values(lookedFor)
        .flat()
        .filter((what) => !secrets.has(what)),
    ).toEqual([]);
  });

  it('has secrets to look for', () => {
    expect([...secrets.values()].filter((secret) => typeof secret === 'string' && secret.length < 8)).toEqual([]);
  });

  it('would find a secret, a key and a file of keys wherever they are packed', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const packed = [
      ['as it is', callersKey],
      ['in base64', JSON.stringify({ value: Buffer.from(`key ${callersKey} of a caller`).toString('base64') })],
      ['in gzip in base64url', `token=${gzipSync(JSON.stringify({ callersKey })).toString('base64url')}&more`],
      ['in base64 in gzip', gzipSync(`{"a":"${Buffer.from(`padding ${callersKey} padding`).toString('base64')}"}`)],
      ['in a ZIP', Buffer.from(zipSync({ 'a.txt': Buffer.from(callersKey) }))],
      ['of which a ZIP is in base64', Buffer.from(zipSync({ a: Buffer.from(callersKey) })).toString('base64')],
    ] as const;

    expect(packed.filter(([, content]) => !found(content).includes("a caller's key"))).toEqual([]);
    expect(found(`{"key":"${der.toString('base64')}"}`)).toEqual(['PKCS #8 of RSA', 'PKCS #1']);
    expect(found(privateKey.export({ format: 'der', type: 'pkcs1' }))).toEqual(['PKCS #1']);
    expect(found(gzipSync(keyFile).toString('base64'))).toEqual(
      expect.arrayContaining(['PKCS #12', 'bytes of a .pfx']),
    );
    expect(found(publicText)).toEqual([]);
  });

  it('holds no secret in any table, nor in the history of orchestrations', async () => {
    const tables = await readTables(stack);

    expect([...tables.keys()]).toEqual(
      expect.arrayContaining(['Operations', 'Idempotency', 'Audit', 'VpnUsers', 'Deliveries']),
    );
    expect(tables.get('hub')).toContain('writeGateway');
    expect(tables.get('hub')).toContain('startCommand');
    const leaks = [...tables].flatMap(([table, text]) => found(text).map((what) => `${what} in ${table}`));
    expect(leaks).toEqual([]);
  });

  it('holds the profile package in its private container, and no secret in any other blob', async () => {
    const blobs = await readBlobs();

    expect(blobs.some(({ container }) => container === 'profiles')).toBe(true);
    const others = blobs.filter(({ container }) => container !== 'profiles');
    const leaks = others.flatMap(({ container, name, content }) =>
      [...found(name), ...found(content)].map((what) => `${what} in ${container}/${name}`),
    );
    expect(leaks).toEqual([]);
    const names = blobs.map(({ name }) => name).join('\n');
    expect(found(names)).toEqual([]);
    const anonymous = await Promise.all(
      blobs.map(({ container, name }) => readAnonymously(`${stack.info.storage.blobUrl}/${container}/${name}`)),
    );
    expect(anonymous.filter((status) => status < 400)).toEqual([]);
  });

  it('holds no secret in the logs, the journal and the notices', async () => {
    const folder = join(stack.directory, 'logs');
    const logs = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
    const journal = JSON.stringify(await readJournal(stack));
    const notices = JSON.stringify((await stack.control('GET', '/webhook')).body);

    const leaks = [
      ...logs,
      ['journal', journal] as const,
      ['notices', notices] as const,
      ['output', stack.output()] as const,
    ].flatMap(([where, text]) => found(text).map((what) => `${what} in ${where}`));
    expect(leaks).toEqual([]);
  });

  it('hands over the key that was made here with a password, and nothing without', () => {
    expect(() => createSecureContext({ pfx: keyFile, passphrase: keyFilePassword })).not.toThrow();
    expect(() => createSecureContext({ pfx: keyFile, passphrase: '' })).toThrow(/mac verify failure/);
  });

  it('answers a kit with the tls-auth key to whoever may have it, and stores no answer that has it', async () => {
    const idempotency = (await readTables(stack)).get('Idempotency') ?? '';

    expect(tlsKeyLine).toMatch(/^[0-9a-f]{32}$/);
    expect(idempotency).not.toContain(tlsKeyLine);
  });
});

async function readAnonymously(url: string): Promise<number> {
  const { origin, pathname } = new URL(url);
  return (await requestOver(origin, { method: 'GET', path: pathname, ca: tlsOptions().ca })).status;
}
