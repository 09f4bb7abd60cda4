import { dayMs } from '../../../../src/domain/days.ts';
import { certificateRoutes } from '../../../../src/functions/certificates/certificates.ts';
import { createAudit } from '../../../../src/services/requests/audit.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { given } from '../../../support/given.ts';
import { aGateway, aRequest, aRoot, createServicesWorld, runWriter } from '../../../support/services-world.ts';
import { approval, ask, decide, operationId, withPolicy } from '../../../support/standing-orders.ts';
import { type ApiAnswer, type ApiRequest, createTestApi } from '../../../support/test-route.ts';
import { tokenOf } from '../../../support/token-of.ts';
import { advanceTo, aWindowedGateway, opensAt, tick } from '../../../support/windowed-gateway.ts';

const csr = toRequestPem(aCertificateRequest());

async function open() {
  const world = createServicesWorld();
  await aRoot(world);
  const api = await createTestApi();
  const routes = certificateRoutes(world);
  const issue = given(routes.find(({ name }) => name === 'issueCertificate'));
  const order = (changes: object, as: ApiRequest['as'], headers: ApiRequest['headers'] = {}): Promise<ApiAnswer> =>
    api.ask(issue, { body: { rootId: 'root-1', owner: 'kim@contoso.com', csr, ...changes }, as: given(as), headers });
  const read = given(routes.find(({ name }) => name === 'getCertificate'));
  const show = (thumbprint: string): Promise<ApiAnswer> => api.ask(read, { params: { thumbprint }, as: 'reader' });
  return { world, api, order, show };
}

describe('src/functions/certificates/certificates', () => {
  it('lets an operator share a name, and nobody below', async () => {
    const { order } = await open();
    const first = await order({ commonName: 'reception' }, 'requester');

    const shared = { commonName: 'Reception', allowSharedName: true };
    const byRequester = await order(shared, 'requester');
    const byOperator = await order(shared, 'operator');

    expect([first.json['sessionIdentity'], byOperator.json['sessionIdentity']]).toEqual(['unique', 'ambiguous']);
    expect(byRequester).toMatchObject({ status: 403, json: { code: 'ERR_CALLER_NOT_ALLOWED' } });
    expect(byOperator.status).toBe(201);
  });

  it('warns of a name that looks like another, and lists what was asked for beyond the key', async () => {
    const { order } = await open();
    await order({ commonName: 'pay' }, 'requester');

    const answer = await order({ commonName: 'рау' }, 'requester');

    expect(answer).toMatchObject({
      status: 201,
      json: { ignored: ['subject'], warnings: [{ path: '/commonName', code: 'nameLooksAlike' }] },
    });
  });

  it('says of a revoked certificate how far the revocation has come on each gateway, and where it is not in force', async () => {
    const { world, order, show } = await open();
    for (const id of ['gw-a', 'gw-b']) {
      await aGateway(world, id);
      await world.trust.trust(id, 'root-1', undefined, aRequest(world, `trust ${id}`));
      await runWriter(world, id);
    }
    const thumbprint = String((await order({}, 'requester')).json['thumbprint']);
    expect((await show(thumbprint)).json['revocations']).toBeUndefined();
    await world.revocations.revoke(thumbprint, { reason: 'left' }, aRequest(world, 'revoke'));
    await runWriter(world, 'gw-a');
    await world.stores.gatewayRevocations.update({ partitionKey: 'gw-b', rowKey: thumbprint }, (row) => ({
      ...row,
      state: 'overLimit',
    }));

    expect((await show(thumbprint)).json['revocations']).toEqual([
      { gatewayId: 'gw-a', state: 'disconnected' },
      { gatewayId: 'gw-b', state: 'overLimit' },
    ]);
  });

  it('says until when a revocation that may wait does, and why', async () => {
    const { world, order, show } = await open();
    await aWindowedGateway(world);
    const thumbprint = String((await order({}, 'requester')).json['thumbprint']);
    const asked = { reason: 'superseded', urgency: 'window' } as const;
    await world.revocations.revoke(thumbprint, asked, aRequest(world, 'revoke'));
    await runWriter(world);

    const reason = `Waits for the change window of the gateway, which opens at ${opensAt}.`;
    expect((await show(thumbprint)).json['revocations']).toEqual([
      { gatewayId: 'vnet1gw', state: 'deferred', reason, startsAt: opensAt },
    ]);

    advanceTo(world, opensAt);
    await tick(world);

    expect((await show(thumbprint)).json['revocations']).toEqual([{ gatewayId: 'vnet1gw', state: 'disconnected' }]);
  });

  it('names who approved a certificate, and the operation, where somebody had to', async () => {
    const { world, order, show } = await open();
    const direct = String((await order({}, 'requester')).json['thumbprint']);
    await withPolicy(world, approval);
    await ask(world, { csr, commonName: 'guarded' });
    await decide(world, 'approved');
    await world.certificateOrders.advance(operationId, 'approved', false);
    const { thumbprint } = (await world.operations.get(operationId))?.result as { readonly thumbprint: string };

    expect((await show(thumbprint)).json['approval']).toEqual({ operationId, approvedBy: 'boss' });
    expect((await show(direct)).json).not.toHaveProperty('approval');
  });

  it('has the audit name what was issued by its serial number too', async () => {
    const { api, order } = await open();

    const { serialNumber, thumbprint } = (await order({}, 'requester')).json;

    const dayStart = api.clock.now().setUTCHours(0, 0, 0, 0);
    const rows = await createAudit(api).listPart(dayStart, dayStart + dayMs);
    expect(rows.filter(({ phase }) => phase === 'outcome')).toMatchObject([
      { action: 'certificate.issue', target: { serialNumber, thumbprint }, status: 201 },
    ]);
  });

  it('makes one certificate for a hundred identical orders, and refuses another under the same key', async () => {
    const { world, order } = await open();
    const headers = { 'idempotency-key': 'one' };

    const answers = await Promise.all(Array.from({ length: 100 }, () => order({}, 'requester', headers)));
    const again = await order({}, 'requester', headers);
    const other = await order({ validityDays: 10 }, 'requester', headers);

    expect(world.tables.rows('ClientCertificates')).toHaveLength(1);
    const issued = answers.filter(({ status }) => status !== 409);
    expect(new Set([...issued, again].map(({ json }) => json['thumbprint'])).size).toBe(1);
    expect([again.status, other.status]).toEqual([201, 422]);
    expect(other.json['code']).toBe('ERR_IDEMPOTENCY_KEY_REUSED');
    expect(world.rootKeys.calls['sign']).toBe(2);
  });

  it('answers an order again whose certificate was revoked before its answer arrived, as what it is', async () => {
    const { world, order, show } = await open();
    const headers = { 'idempotency-key': 'lost' };
    const { thumbprint } = (await order({}, 'requester', headers)).json as Record<string, string>;
    await world.revocations.revoke(given(thumbprint), { reason: 'left' }, aRequest(world, 'revoke'));

    const again = await order({}, 'requester', headers);

    expect(again.json['thumbprint']).toBe(thumbprint);
    expect(world.tables.rows('ClientCertificates')).toHaveLength(1);
    expect((await show(given(thumbprint))).json['state']).toBe('revoked');
  });

  describe('for a key that is made here', () => {
    const key = { type: 'RSA-2048' };
    const without = { csr: undefined };
    const pfx = { password: 'correct horse battery' };

    it('answers a link to the file and shows no password that the caller chose', async () => {
      const { world, order } = await open();

      const { status, json, text } = await order({ ...without, key, pfx }, 'requester');

      const [download] = json['downloads'] as readonly { readonly kind: string; readonly url: string }[];
      expect([status, json['state'], download?.kind]).toEqual([201, 'issued', 'pfx']);
      expect(text).not.toContain(pfx.password);
      expect(await world.downloads.describe(tokenOf(given(download).url))).toBeDefined();
    });

    it('makes up a password for whoever wants to see it, and issues nothing that nobody could open', async () => {
      const { world, order } = await open();

      const refused = await order({ ...without, key }, 'requester');
      const revealed = await order({ ...without, key }, 'requester', { prefer: 'respond-async, reveal-password' });

      expect(refused).toMatchObject({
        status: 400,
        json: { errors: [{ path: '/pfx/password', code: 'missingField' }] },
      });
      expect(revealed).toMatchObject({ status: 201, headers: { 'preference-applied': 'reveal-password' } });
      expect(revealed.json['password']).toMatch(/^.{24}$/);
      expect(world.tables.rows('ClientCertificates')).toHaveLength(1);
    });

    it.each([
      ['neither request nor key', { ...without }, [['/csr', 'missingField']]],
      [
        'neither, with something else that is wrong',
        { ...without, validityDays: 0 },
        [
          ['/validityDays', 'tooSmall'],
          ['/csr', 'missingField'],
        ],
      ],
      ['both', { key }, [['/key', 'forbiddenField']]],
      ['a request with a wish for its file', { pfx }, [['/pfx', 'forbiddenField']]],
      ['a curve', { ...without, key: { type: 'P-256' }, pfx }, [['/key/type', 'keyType']]],
      [
        'another cipher',
        { ...without, key, pfx: { ...pfx, encryption: 'rc2-40' } },
        [['/pfx/encryption', 'unknownValue']],
      ],
      [
        'a count of its own',
        { ...without, key, pfx: { ...pfx, iterations: 2 ** 31 } },
        [['/pfx/iterations', 'unknownField']],
      ],
      ['no letter', { ...without, key, pfx: { password: '' } }, [['/pfx/password', 'passwordUnusable']]],
      [
        'a short password',
        { ...without, key, pfx: { password: 'elevenchars' } },
        [['/pfx/password', 'passwordUnusable']],
      ],
      [
        'a NUL',
        { ...without, key, pfx: { password: 'correct\0horse battery' } },
        [['/pfx/password', 'passwordUnusable']],
      ],
      [
        'an emoji',
        { ...without, key, pfx: { password: 'correct horse 🔋🔋🔋' } },
        [['/pfx/password', 'passwordUnusable']],
      ],
      ['half a surrogate pair', { ...without, key, pfx: { password: 'correct horse \ud83d' } }, undefined],
      [
        'a blank at its end',
        { ...without, key, pfx: { password: `${pfx.password} ` } },
        [['/pfx/password', 'passwordUnusable']],
      ],
      ['a megabyte', { ...without, key, pfx: { password: 'x'.repeat(2 ** 19) } }, undefined],
    ])('refuses %s, and says what to send', async (_what, body, found) => {
      const { world, order } = await open();

      const { status, json } = await order(body, 'requester');

      const errors = (json['errors'] ?? []) as readonly { readonly path: string; readonly code: string }[];
      expect([400, 413]).toContain(status);
      if (found !== undefined) expect(errors.map(({ path, code }) => [path, code])).toEqual(found);
      expect(world.tables.rows('ClientCertificates')).toEqual([]);
    });
  });
});
