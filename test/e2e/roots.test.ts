/**
 * Authorities that others run: imported in the forms in which people have them, trusted by a gateway, refused by their
 * faults.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { toPem } from '../../src/pki/read-certificate.ts';
import { anRsaKeyPair } from '../support/builders/a-key-pair.ts';
import { aDeepNest, aPfx, aPfxBomb } from '../support/builders/a-pfx.ts';
import { aCertificateBundle, anAuthority, anEmptyPfx } from '../support/builders/an-authority.ts';
import { toPemBlock } from '../support/builders/der.ts';
import { type RunningTestStack, type StackAnswer, startStack } from '../support/stack.ts';
import { changeGatewayInPortal, readVault, rootsOnGateway, writeSecret } from './support/azure.ts';
import {
  advanceUntil,
  aKeyAndRequest,
  buildGateway,
  createRoot,
  expectStatus,
  followAccepted,
  issue,
  testSpeed,
  trustRoot,
} from './support/line.ts';
import { readTable } from './support/read-tables.ts';

jest.setTimeout(600_000);

const gatewayId = 'vnet1gw';
const root = anAuthority({ called: 'Contoso root' });
const issuingCa = anAuthority({ called: 'Contoso issuing', issuer: root });
const keyedCa = anAuthority({ called: 'Contoso with key', issuer: root });
const clientCertificate = anAuthority({ called: 'ann@example.com', issuer: issuingCa, isAuthority: false });

let stack: RunningTestStack;

beforeAll(async () => {
  stack = await startStack({ speed: testSpeed });
  await buildGateway(stack);
});

afterAll(async () => {
  await stack.stop();
});

function importRoot(id: string, text: string): Promise<StackAnswer> {
  return stack.api('POST', '/api/roots', { id, import: text });
}

function put(rootId: string, body: object = {}): Promise<StackAnswer> {
  return stack.api('PUT', `/api/gateways/${gatewayId}/roots/${rootId}`, body);
}

async function file(path: string): Promise<{ readonly name: string | null; readonly bytes: Buffer }> {
  const response = await fetch(`${stack.info.app.url}${path}`, { headers: { 'x-api-key': stack.info.app.apiKey } });
  return { name: response.headers.get('content-disposition'), bytes: Buffer.from(await response.arrayBuffer()) };
}

describe('src/functions/certificates/roots, import', () => {
  it('takes a .p7b with a root and its intermediate, and hands the root out as a file of its name', async () => {
    const bundle = aCertificateBundle(clientCertificate.der, issuingCa.der, root.der).toString('base64');

    const imported = expectStatus(await importRoot('contoso', bundle), 201);

    expect(imported).toMatchObject({
      id: 'contoso',
      kind: 'imported',
      role: 'root',
      state: 'active',
      subject: { commonName: 'Contoso root' },
      intermediates: ['contoso-2'],
      warnings: [{ code: 'endEntityLeftOut' }],
    });
    expect(expectStatus(await stack.api('GET', '/api/roots/contoso-2'), 200)).toMatchObject({
      role: 'intermediate',
      issuerRootId: 'contoso',
    });
    const [azure, pem, der] = await Promise.all(
      ['azure', 'pem', 'der'].map((format) => file(`/api/roots/contoso/cer?format=${format}`)),
    );
    expect([azure, pem, der].map((one) => one?.name?.split(';')[1]?.trim())).toEqual([
      'filename="Contoso root.txt"',
      'filename="Contoso root.pem"',
      'filename="Contoso root.cer"',
    ]);
    expect(der?.bytes.equals(root.der)).toBe(true);
    expect(azure?.bytes.toString()).toBe(Buffer.from(root.der).toString('base64'));
    expect(pem?.bytes.toString()).toBe(toPem(root.der));
  });

  it('has a gateway trust the root first, under a name of its own, then the intermediate', async () => {
    expect(await put('contoso-2')).toMatchObject({ status: 409, body: { errors: [{ code: 'issuerNotTrusted' }] } });

    await followAccepted(stack, await put('contoso', { entryName: 'P2SRootCert.cer' }));
    await followAccepted(stack, await put('contoso-2', { entryName: 'A.issuing' }));

    expect(await rootsOnGateway(stack)).toEqual(['P2SRootCert.cer', 'A.issuing']);
    const distrust = `/api/gateways/${gatewayId}/roots/contoso`;
    for (const path of [distrust, `${distrust}?force=true`]) {
      expect(await stack.api('DELETE', path)).toMatchObject({
        status: 409,
        body: { errors: [{ code: 'intermediatesTrusted' }] },
      });
    }
  });

  it('issues nothing under it, and takes it under no second id', async () => {
    const order = { rootId: 'contoso', owner: 'ann@example.com', csr: aKeyAndRequest().csrPem };

    expect(await stack.api('POST', '/api/certificates', order)).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/rootId', code: 'rootWithoutKey' }] },
    });
    expect(await importRoot('twin', toPem(root.der))).toMatchObject({
      status: 409,
      body: { errors: [{ code: 'rootKnown' }] },
    });
    expect(expectStatus(await importRoot('contoso', toPem(root.der)), 201)).toMatchObject({ id: 'contoso' });
  });

  it('takes an authority with its key out of Key Vault, which then issues with the whole chain', async () => {
    const files = { 'root-pfx-issuing': aPfx(keyedCa, { password: 'opens it' }).toString('base64') };
    for (const [name, value] of Object.entries({ ...files, 'root-password-issuing': 'opens it' })) {
      await writeSecret(stack, name, value);
    }
    const asked = { id: 'issuing', pfxSecret: 'root-pfx-issuing', passwordSecret: 'root-password-issuing' };

    const imported = expectStatus(await stack.api('POST', '/api/roots', asked), 201);

    expect(imported).toMatchObject({
      kind: 'imported',
      role: 'intermediate',
      issuerRootId: 'contoso',
      keyId: expect.stringContaining('/keys/imported-issuing-') as unknown,
      warnings: [{ code: 'pfxInVault' }],
    });
    expect(expectStatus(await stack.api('POST', '/api/roots', asked), 201)).toEqual(imported);
    const name = new URL(String(imported['keyId'])).pathname.split('/')[2] ?? '';
    expect(await readVault(stack, `/certificates/${name}/`)).toMatchObject({
      policy: { key_props: { exportable: false } },
    });
    await followAccepted(stack, await put('issuing'));
    const { thumbprint } = await issue(stack, { rootId: 'issuing', csr: aKeyAndRequest().csrPem });
    const issued = expectStatus(await stack.api('GET', `/api/certificates/${thumbprint}`), 200);
    expect(issued['chain']).toEqual([toPem(keyedCa.der), toPem(root.der)]);
    // The places are counted below.
    await followAccepted(stack, await stack.api('DELETE', `/api/gateways/${gatewayId}/roots/issuing?force=true`));
  });

  it.each([
    ['a wrong password', () => aPfx(keyedCa, { password: 'another' }), 'pfxRefused'],
    ['a count of rounds that takes a day', () => aPfxBomb(), 'pfxRefused'],
    ['a nest', () => aDeepNest(15_000), 'pfxRefused'],
    ['a client', () => aPfx(anAuthority({ called: 'ann', issuer: root, isAuthority: false })), 'notAuthority'],
  ])('refuses a .pfx with %s, and leaves nothing in the vault', async (_, file, code) => {
    await writeSecret(stack, 'root-pfx-hostile', file().toString('base64'));

    expect(await stack.api('POST', '/api/roots', { id: 'hostile', pfxSecret: 'root-pfx-hostile' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/pfxSecret', code }] },
    });

    expect(await stack.api('GET', '/api/roots/hostile')).toMatchObject({ status: 404 });
    expect(JSON.stringify(await readVault(stack, '/certificates'))).not.toContain('imported-hostile');
  });

  it.each([
    ['a secret of another use', { pfxSecret: 'account-contoso' }, 'secretNotSetAside'],
    ['no secret', { pfxSecret: 'root-pfx-nobody' }, 'secretMissing'],
    ['a password without a file', { import: 'x', passwordSecret: 'root-password-x' }, 'invalidValue'],
  ])('refuses %s', async (_, body, code) => {
    const refused = await stack.api('POST', '/api/roots', { id: 'hostile', ...body });
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ code })]) as unknown,
    });
  });

  it.each([
    ['no authority', () => toPem(clientCertificate.der), 'notAuthority'],
    ['an expired one', () => toPem(anAuthority({ notAfter: '250101000000Z' }).der), 'certificateExpired'],
    ['a weak key', () => toPem(anAuthority({ keys: anRsaKeyPair('short', 1024) }).der), 'keySize'],
    ['a signature that can be forged', () => toPem(anAuthority({ hash: 'md5' }).der), 'signatureWeak'],
    [
      'no root',
      () => toPem(anAuthority({ called: 'Lost', issuer: anAuthority({ called: 'Unknown' }) }).der),
      'issuerMissing',
    ],
    ['ten thousand certificates', () => toPem(root.der).slice(0, 9).repeat(10_000), 'wrongPem'],
    [
      'a .p7b nested without end',
      () => Buffer.concat(Array<Buffer>(20_000).fill(Buffer.from('3080', 'hex'))).toString('base64'),
      'notDer',
    ],
    ['300 kB of text', () => 'A'.repeat(300_000), 'tooLong'],
  ])('refuses %s with the reason', async (_, text, code) => {
    expect(await importRoot('refused', text())).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/import', code }] },
    });
    expect((await stack.api('GET', '/api/roots/refused')).status).toBe(404);
  });

  it('refuses 10 MB before it reads them', async () => {
    expect((await importRoot('refused', 'A'.repeat(10_000_000))).status).toBe(413);
  });

  it('names a private key that came by mistake, and keeps nothing of it', async () => {
    const key = anRsaKeyPair('leaked').privateKey;
    const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
    const sent = [
      toPem(root.der) + toPemBlock('PRIVATE KEY', pkcs8),
      pkcs8.toString('base64'),
      anEmptyPfx().toString('base64'),
    ];

    for (const text of sent) {
      const answer = await importRoot('leaked', text);
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ code: 'privateKeySent' }] } });
      expect(JSON.stringify(answer.body)).not.toContain(pkcs8.toString('base64').slice(60, 120));
    }
    const kept = JSON.stringify(
      await Promise.all(['Roots', 'Audit', 'Idempotency'].map((table) => readTable(stack, table))),
    );
    expect(kept).not.toContain(pkcs8.toString('base64').slice(60, 120));
  });

  it.each([
    ['neither a subject nor an import', {}, 'missingField'],
    ['both', { subject: { commonName: 'x' }, import: toPem(root.der) }, 'invalidValue'],
    ['an import with a key type', { import: toPem(root.der), keyType: 'RSA-2048' }, 'invalidValue'],
  ])('refuses %s', async (_, parts, code) => {
    expect(await stack.api('POST', '/api/roots', { id: 'x', ...parts })).toMatchObject({
      status: 400,
      body: { errors: [{ code }] },
    });
  });
});

describe('src/functions/gateways/gateway-roots, places and removal by name', () => {
  const byName = (name: string, query = ''): string =>
    `/api/gateways/${gatewayId}/roots/by-name/${encodeURIComponent(name)}${query}`;

  beforeAll(async () => {
    await createRoot(stack, 'own', { validityDays: 400 });
    await trustRoot(stack, gatewayId, 'own');
    const theirs = Array.from({ length: 17 }, (_, index) => ({
      name: `theirs-${index}.cer`,
      data: Buffer.from(anAuthority({ called: `Theirs ${index}`, keys: root.keys }).der).toString('base64'),
    }));
    await changeGatewayInPortal(stack, (body) => {
      const { vpnClientConfiguration } = body.properties;
      const added = theirs.map(({ name, data }) => ({ name, properties: { publicCertData: data } }));
      return {
        ...body,
        properties: {
          ...body.properties,
          vpnClientConfiguration: {
            ...vpnClientConfiguration,
            vpnClientRootCertificates: [...(vpnClientConfiguration.vpnClientRootCertificates ?? []), ...added],
          },
        },
      };
    });
    await stack.control('POST', '/clock', { advance: 'PT1H' });
  });

  it('refuses the 21st certificate, counting intermediates and those of others, with what could go', async () => {
    await createRoot(stack, 'one-more');

    const answer = await put('one-more');

    expect(answer).toMatchObject({ status: 409, body: { code: 'ERR_LIMIT_REACHED' } });
    const { errors } = answer.body as { readonly errors: readonly { readonly code: string; readonly fix: string }[] };
    const fixes = errors.map(({ fix }) => fix);
    expect(fixes).toContain(`DELETE /api/gateways/${gatewayId}/roots/own.`);
    expect(fixes).toContain(`DELETE ${byName('theirs-3.cer')}.`);
    expect(fixes).toHaveLength(18);
  });

  it('takes an entry of others off by its name and leaves the rest, and then has a place', async () => {
    await followAccepted(stack, await stack.api('DELETE', byName('Theirs-3.CER')));

    const names = await rootsOnGateway(stack);
    expect(names).toHaveLength(19);
    expect(names).not.toContain('theirs-3.cer');
    await trustRoot(stack, gatewayId, 'one-more');
    expect(await rootsOnGateway(stack)).toHaveLength(20);
    expect((await stack.api('DELETE', byName('theirs-3.cer'))).status).toBe(404);
  });

  it('names the live certificates that depend on a root, by its id and by its name, unless forced', async () => {
    const certificate = await issue(stack, { rootId: 'own' });

    for (const path of [`/api/gateways/${gatewayId}/roots/own`, byName('own')]) {
      const kept = await stack.api('DELETE', path);
      expect(kept).toMatchObject({ status: 409, body: { errors: [{ code: 'certificatesAlive' }] } });
      expect(JSON.stringify(kept.body)).toContain(certificate.thumbprint);
    }
    await followAccepted(stack, await stack.api('DELETE', byName('own', '?force=true')));
    expect(await rootsOnGateway(stack)).not.toContain('own');
  });
});

describe('src/services/certificates/remove-root', () => {
  const remove = (id: string): Promise<StackAnswer> => stack.api('DELETE', `/api/roots/${id}`);

  it('keeps an authority that something depends on, and names all of that', async () => {
    const trusted = await remove('contoso');
    const issuing = await remove('issuing');

    expect(trusted).toMatchObject({ status: 409, body: { code: 'ERR_CONFLICT' } });
    const { errors } = trusted.body as { readonly errors: readonly { readonly message: string }[] };
    expect(errors.map(({ message }) => message).join(' ')).toMatch(/vnet1gw.*contoso-2/s);
    expect(issuing).toMatchObject({ status: 409 });
    expect(issuing.body).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ code: 'certificatesAlive' })]) as unknown,
    });
    expect((await remove('own')).status).toBe(409);
    expect((await remove('nobody')).status).toBe(404);
  });

  it('forgets one that nothing depends on with the key that came along, so that it can come again', async () => {
    const spare = anAuthority({ called: 'Spare with key' });
    await writeSecret(stack, 'root-pfx-spare', aPfx(spare).toString('base64'));
    const imported = expectStatus(
      await stack.api('POST', '/api/roots', { id: 'spare', pfxSecret: 'root-pfx-spare' }),
      201,
    );
    const keyName = new URL(String(imported['keyId'])).pathname.split('/')[2] ?? '';
    expect(JSON.stringify(await readVault(stack, '/keys'))).toContain(keyName);

    expect((await remove('spare')).status).toBe(204);

    expect((await stack.api('GET', '/api/roots/spare')).status).toBe(404);
    expect(JSON.stringify(await readVault(stack, '/keys'))).not.toContain(keyName);
    expect(expectStatus(await importRoot('spare', toPem(spare.der)), 201)).not.toHaveProperty('keyId');
  });
});

describe('src/services/certificates/certificate-orders', () => {
  const bossKey = randomBytes(32).toString('base64url');
  const order = { rootId: 'guarded', owner: 'ann@example.com' };

  beforeAll(async () => {
    const keyHash = createHash('sha256').update(bossKey).digest('hex');
    expectStatus(await stack.api('PUT', '/api/api-keys/boss', { role: 'operator', keyHash }), 200);
    await createRoot(stack, 'guarded');
    const policy = { validityDaysMax: 30, names: ['*@example.com'], approval: { days: 2 } };
    expect(expectStatus(await stack.api('PUT', '/api/roots/guarded/policy', policy), 200)).toMatchObject({ policy });
  });

  async function ask(body: object): Promise<string> {
    const accepted = expectStatus(await stack.api('POST', '/api/certificates', { ...order, ...body }), 202);
    const id = String(accepted['id']);
    await advanceUntil(stack, async () => {
      const { approvals } = expectStatus(await stack.api('GET', `/api/operations/${id}`), 200);
      return approvals !== undefined;
    });
    return id;
  }

  function decide(id: string, verb: 'approve' | 'reject', headers = { 'x-api-key': bossKey }): Promise<StackAnswer> {
    return stack.api('POST', `/api/operations/${id}/${verb}`, {}, headers);
  }

  it('issues for a signing request once somebody else has approved it', async () => {
    const id = await ask({ csr: aKeyAndRequest().csrPem });
    expect(await stack.api('POST', `/api/operations/${id}/approve`, {})).toMatchObject({ status: 403 });

    const { result } = await followAccepted(stack, await decide(id, 'approve'));

    const { thumbprint } = result as { readonly thumbprint: string };
    const issued = expectStatus(await stack.api('GET', `/api/certificates/${thumbprint}`), 200);
    expect(issued).toMatchObject({ rootId: 'guarded', owner: 'ann-example-com', state: 'issued' });
    const days = (Date.parse(String(issued['notAfter'])) - Date.parse(String(issued['notBefore']))) / 86_400_000;
    expect(days).toBeLessThan(31);
  });

  it('makes a key when its asker collects it, with a password that was kept nowhere', async () => {
    const pfx = { password: 'typed when it is collected' };
    expect(await stack.api('POST', '/api/certificates', { ...order, key: {}, pfx })).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/pfx/password', code: 'forbiddenField' }] },
    });
    const id = await ask({ key: {} });
    expect(await stack.api('POST', `/api/operations/${id}/collect`, { pfx })).toMatchObject({ status: 409 });
    expectStatus(await decide(id, 'approve'), 202);

    const collected = expectStatus(await stack.api('POST', `/api/operations/${id}/collect`, { pfx }), 201);

    const { downloads } = collected as unknown as { readonly downloads: readonly { readonly url: string }[] };
    const file = await fetch(`${stack.info.app.url}${downloads[0]?.url ?? ''}`, { method: 'POST' });
    const content = Buffer.from(await file.arrayBuffer());
    expect(() => createSecureContext({ pfx: content, passphrase: pfx.password })).not.toThrow();
    expect(expectStatus(await stack.api('GET', `/api/operations/${id}`), 200)).toMatchObject({ status: 'succeeded' });
    const byAnother = await stack.api('POST', `/api/operations/${id}/collect`, { pfx }, { 'x-api-key': bossKey });
    expect(byAnother).toMatchObject({ status: 403 });
  });

  it('issues nothing that was rejected, or that the policy does not permit', async () => {
    const id = await ask({ csr: aKeyAndRequest().csrPem });
    expectStatus(await decide(id, 'reject'), 202);
    await advanceUntil(stack, async () => {
      const operation = expectStatus(await stack.api('GET', `/api/operations/${id}`), 200);
      return operation['status'] === 'failed';
    });
    expect(await stack.api('GET', `/api/operations/${id}`)).toMatchObject({
      body: { steps: [{ name: 'approve', status: 'failed', code: 'notApproved' }, { name: 'issue' }] },
    });

    const beyond = { ...order, csr: aKeyAndRequest().csrPem, commonName: 'ann', validityDays: 31 };
    const refused = await stack.api('POST', '/api/certificates', beyond);
    expect(refused.status).toBe(400);
    expect((refused.body as { errors: { path: string; code: string }[] }).errors).toMatchObject([
      { path: '/validityDays', code: 'beyondPolicy' },
      { path: '/commonName', code: 'beyondPolicy' },
    ]);
  });
});
