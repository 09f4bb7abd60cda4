import { orderQuestion } from '../../../../src/contracts/certificates/order-certificate.ts';
import type { Role } from '../../../../src/domain/caller.ts';
import { orderQuestionOf } from '../../../../src/services/certificates/order-question.ts';
import { rootKeys } from '../../../../src/stores/records/certificates.ts';
import { aPfx } from '../../../support/builders/a-pfx.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { given } from '../../../support/given.ts';
import {
  aGateway,
  aProfile,
  aRequest,
  createServicesWorld,
  randomnessOf,
  type ServicesWorld,
} from '../../../support/services-world.ts';
import {
  approval,
  ask,
  certificatesOf,
  collect,
  csr,
  decide,
  hasRole,
  operationId,
  standing,
  tester,
  withPolicy,
} from '../../../support/standing-orders.ts';

const operator = { id: 'boss', role: 'operator' } as const;

async function questionOf(world: ServicesWorld): Promise<string> {
  const { context } = given(await world.operations.get(operationId));
  return (context as { readonly question: string }).question;
}

/** The name that the question has in quotation marks. */
async function nameAsked(world: ServicesWorld): Promise<string> {
  return given(/with the name "([^"]+)"/.exec(await questionOf(world))?.[1]);
}

async function advance(world: ServicesWorld): Promise<'waiting' | 'done'> {
  return world.certificateOrders.advance(operationId, 'approved', false);
}

const keys = [
  ['the key of a request', { csr }],
  ['a key that is made here', { keyType: 'RSA-2048' }],
] as const;

describe('src/services/certificates/approval', () => {
  it.each(keys)('issues under the very name that people were asked about, for %s', async (_, key) => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, key);
    const name = await nameAsked(world);
    expect(name).toMatch(/^ann\.[0-9a-f]{8}@example\.com$/);
    await decide(world, 'approved');

    if ((await advance(world)) === 'waiting') await collect(world);

    expect(world.tables.rows('ClientCertificates')).toMatchObject([{ columns: { commonName: name, state: 'issued' } }]);
  });

  it.each([
    [
      'address of the owner',
      'ann',
      async ({ owners }: ServicesWorld) => {
        await owners.put({ id: 'ann', email: 'eve@example.com' }, operator);
      },
    ],
    [
      'owner of the address',
      'ann@example.com',
      async ({ owners }: ServicesWorld) => {
        await owners.put({ id: 'ann', email: 'ann-old@example.com' }, operator);
        await owners.put({ id: 'eve', email: 'ann@example.com' }, operator);
      },
    ],
  ])('issues nothing where the %s is another by then', async (_, owner, change) => {
    for (const [, key] of keys) {
      const world = await withPolicy(createServicesWorld(), approval);
      await world.owners.put({ id: 'ann', email: 'ann@example.com' }, operator);
      await ask(world, { ...key, owner });
      await decide(world, 'approved');
      await change(world);

      if ((await advance(world)) === 'waiting') {
        await expect(collect(world)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
      }

      expect(await world.operations.get(operationId)).toMatchObject({
        status: 'failed',
        problem: { errors: [{ path: '/owner', code: 'approvalOutdated' }] },
      });
      expect(await certificatesOf(world)).toEqual([]);
    }
  });

  it('issues to whoever was registered meanwhile with the address that was approved', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    await decide(world, 'approved');
    await world.owners.put({ id: 'ann-example-com', email: 'Ann@example.com' }, operator);

    expect(await advance(world)).toBe('done');

    expect(await certificatesOf(world)).toHaveLength(1);
  });

  it('is signed by no other authority that has the id of the root by then', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    await decide(world, 'approved');
    await world.stores.roots.update(rootKeys('root-1'), (root) => ({ ...root, thumbprint: 'B'.repeat(40) }));

    expect(await advance(world)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({
      status: 'failed',
      problem: { errors: [{ path: '/rootId', code: 'approvalOutdated' }] },
    });
    expect(await certificatesOf(world)).toEqual([]);
  });

  it('lasts no longer than was approved, whatever the policy permits by then', async () => {
    const world = await withPolicy(createServicesWorld(), { ...approval, validityDaysMax: 10 });
    await ask(world);
    expect(await questionOf(world)).toContain('valid for 10 days');
    await decide(world, 'approved');
    await withPolicy(world, approval);

    await advance(world);

    const [row] = world.tables.rows('ClientCertificates').map(({ columns }) => columns);
    expect((Date.parse(String(row?.['notAfter'])) - world.now().getTime()) / 86_400_000).toBeCloseTo(10, 1);
  });

  it.each([
    ['withdrawn', undefined, {}],
    ['that of a reader', 'reader', {}],
    ['no operator any more, who may have a name shared', 'requester', { commonName: 'ann', allowSharedName: true }],
  ] as [string, Role | undefined, object][])(
    'issues nothing where the API key of the asker is %s',
    async (_, role, parts) => {
      for (const [, key] of keys) {
        const world = await withPolicy(createServicesWorld(), approval);
        await hasRole(world, 'operator');
        await ask(world, { ...key, ...parts, role: 'operator' });
        await decide(world, 'approved');
        if (role === undefined) await world.apiKeys.remove('tester');
        else await hasRole(world, role);

        expect(await advance(world)).toBe('done');

        expect(await world.operations.get(operationId)).toMatchObject({
          status: 'failed',
          steps: [
            { name: 'approve', status: 'succeeded' },
            { name: 'issue', status: 'failed', code: 'askerNotAllowed' },
          ],
          problem: { code: 'ERR_CALLER_NOT_ALLOWED', errors: [{ code: 'askerNotAllowed' }] },
        });
        expect(await certificatesOf(world)).toEqual([]);
      }
    },
  );

  it('judges by the role of today whether the policy lets the asker ask', async () => {
    const world = await withPolicy(createServicesWorld(), { ...approval, askers: { role: 'operator' } });
    await hasRole(world, 'operator');
    await ask(world, { csr, role: 'operator' });
    await decide(world, 'approved');
    await hasRole(world, 'requester');

    expect(await advance(world)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({
      problem: { code: 'ERR_CALLER_NOT_ALLOWED', errors: [{ path: '/rootId', code: 'askerNotAllowed' }] },
    });
  });

  it('ends no certificate of somebody else for an asker who is no operator any more', async () => {
    const world = await withPolicy(createServicesWorld(), {});
    const old = await world.certificates.issue({ ...standing, requestedBy: 'other', csr }, randomnessOf('old'));
    await withPolicy(world, approval);
    await hasRole(world, 'operator');
    const caller = { id: 'tester', role: 'operator' } as const;
    const thumbprint = given(old.record.thumbprint);
    const renewal = await world.orderRenewal(thumbprint as never, { graceDays: 0, caller }, randomnessOf('order'));
    await ask(world, { ...renewal, keyType: 'RSA-2048', role: 'operator' });
    expect(await questionOf(world)).toContain(`in the place of ${thumbprint}, which is revoked at once.`);
    await decide(world, 'approved');
    await hasRole(world, 'requester');

    expect(await advance(world)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({
      problem: { errors: [{ code: 'askerNotAllowed' }] },
    });
  });

  it('finds its own certificate where the request is repeated after the approval, with a chosen name', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, { csr, commonName: 'ann-laptop' });
    await decide(world, 'approved');
    await advance(world);

    await ask(world, { csr, commonName: 'ann-laptop' });

    expect(await world.operations.get(operationId)).toMatchObject({ status: 'succeeded' });
    expect(await certificatesOf(world)).toHaveLength(1);
  });

  it('refuses at once what the root would not issue', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await world.stores.roots.update(rootKeys('root-1'), (root) => ({ ...root, state: 'retired' }));
    await expect(ask(world)).rejects.toMatchObject({ problems: [{ path: '/rootId', code: 'rootEnded' }] });
    await world.stores.roots.update(rootKeys('root-1'), (root) => {
      return { ...root, state: 'active', notAfter: world.now().toISOString() };
    });
    await expect(ask(world)).rejects.toMatchObject({ problems: [{ path: '/rootId', code: 'rootEnded' }] });

    const constrained = anAuthority({ called: 'Constrained', permittedMail: 'example.com' });
    world.secrets.set('root-pfx-theirs', aPfx(constrained).toString('base64'));
    await world.rootKeyImports.importKey({ id: 'theirs', pfxSecret: 'root-pfx-theirs' });
    for (const [, key] of keys) {
      await expect(ask(world, { ...key, rootId: 'theirs', owner: 'ann@example.org' })).rejects.toMatchObject({
        problems: [{ path: '/owner', code: 'nameNotPermitted' }],
      });
    }
    expect(world.tables.rows('Operations')).toEqual([]);
  });

  it('says all of the order in the question', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await hasRole(world, 'operator');
    await ask(world, {
      keyType: 'RSA-3072',
      encryption: 'legacy',
      validityDays: 1,
      allowSharedName: true,
      commonName: 'ann',
    });

    const question = await questionOf(world);

    expect(question).toContain(
      'tester asks for a certificate of owner ann-example-com ("ann@example.com") under root root-1',
    );
    expect(question).toContain('with the name "ann", valid for 1 day ');
    expect(question).toContain(
      'an RSA-3072 key that is made here when tester collects it in a .pfx file in the legacy form',
    );
    expect(question).toContain('may share its name');
  });

  it.each([
    ['ann", valid for 1 day', /with the name "ann\\u\{22\}, valid for 1 day",/],
    ['ann\u202eeve', /with the name "ann\\u\{202e\}eve",/],
    ['ann\neve', /with the name "ann\\u\{a\}eve",/],
    ['\u05d0\u05e0\u05d4', /with the name \u2068"\u05d0\u05e0\u05d4"\u2069,/u],
  ])('quotes the name so that nothing of it reads as words of the question: %j', (commonName, words) => {
    const { requestedBy, rootId, owner } = standing;
    const asked = { rootThumbprint: '', owner: { id: 'ann' }, commonName, validityDays: 30 };

    expect(orderQuestionOf({ requestedBy, rootId, owner, csr }, asked, { type: 'rsa', bits: 2048 })).toMatch(words);
  });

  it('counts a decision of the last moment, though the time is over when that is seen', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world);
    await decide(world, 'approved');

    expect(await world.certificateOrders.advance(operationId, 'not decided in time', false)).toBe('done');

    expect(await world.operations.get(operationId)).toMatchObject({ status: 'succeeded' });
    expect((await world.operations.get(operationId))?.waits?.[orderQuestion]).toMatchObject({ decidedBy: 'boss' });
  });
});

describe('src/services/certificates/certificate-orders, collecting', () => {
  const deliver = [{ gatewayId: 'vnet1gw', platform: 'openvpn2' as const }];

  async function withGateway(): Promise<ServicesWorld> {
    const world = await withPolicy(createServicesWorld(), approval);
    await aGateway(world);
    await aProfile(world);
    await world.trust.trust('vnet1gw', 'root-1', undefined, aRequest(world, 'trust'));
    return world;
  }

  it('says to which address the check of a kit connects', async () => {
    const world = await withGateway();
    const probe = { address: '10.1.0.4', port: 3389 };
    await ask(world, { keyType: 'RSA-2048', deliver: [{ gatewayId: 'vnet1gw', platform: 'openvpn2', probe }] });

    expect(await questionOf(world)).toContain('vnet1gw/openvpn2 (its check connects to "10.1.0.4", port 3389).');
  });

  it('answers key, file and kits as they were ordered', async () => {
    const world = await withGateway();
    await ask(world, { keyType: 'RSA-2048', encryption: 'legacy', deliver });
    expect(await questionOf(world)).toContain('kits that hold the key: vnet1gw/openvpn2.');
    await decide(world, 'approved');
    await advance(world);

    const { download, kits } = await collect(world, tester, { password: 'correct horse' });

    expect(kits).toMatchObject([{ place: { gatewayId: 'vnet1gw', platform: 'openvpn2' } }]);
    const file = given(await world.downloads.deliver(given(download).token));
    const tripleDes = Buffer.from('060a2a864886f70d010c0103', 'hex');
    expect(Buffer.from(file.content).includes(tripleDes)).toBe(true);
    expect(JSON.stringify(world.tables.rows('Operations'))).not.toContain('correct horse');
  });

  it('gives no link to a file that another password opens, or that is in another form', async () => {
    const world = await withPolicy(createServicesWorld(), approval);
    await ask(world, { keyType: 'RSA-2048' });
    await decide(world, 'approved');
    await collect(world, tester, { password: 'correct horse' });

    for (const wishes of [
      { password: 'other horse' },
      {},
      { password: 'correct horse', encryption: 'legacy' as const },
    ]) {
      await expect(collect(world, tester, wishes)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    }

    expect((await collect(world, tester, { password: 'correct horse' })).download).toBeDefined();
    expect(await world.operations.get(operationId)).toMatchObject({ status: 'succeeded' });
  });

  it('refuses kits at once that the gateway would not serve, and lets the asker collect once it does', async () => {
    const world = await withGateway();
    const unserved = { gatewayId: 'nowhere', platform: 'openvpn2' as const };
    await expect(ask(world, { keyType: 'RSA-2048', deliver: [unserved] })).rejects.toMatchObject({
      code: 'ERR_NOT_FOUND',
    });
    await ask(world, { keyType: 'RSA-2048', deliver });
    await decide(world, 'approved');
    await advance(world);
    const trust = { partitionKey: 'vnet1gw', rowKey: 'root-1' };
    await world.stores.gatewayRoots.update(trust, (row) => ({ ...row, wanted: false }));
    await expect(collect(world)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await world.stores.gatewayRoots.update(trust, (row) => ({ ...row, wanted: true }));

    expect((await collect(world)).record.state).toBe('issued');
  });

  it('ends with the reason where the place of the old certificate went to another meanwhile', async () => {
    const world = await withPolicy(createServicesWorld(), {});
    const old = given((await world.certificates.issue({ ...standing, csr }, randomnessOf('old'))).record.thumbprint);
    const caller = { id: 'tester', role: 'requester' } as const;
    const [mine, theirs] = await Promise.all(
      ['mine', 'theirs'].map((seed) => world.orderRenewal(old as never, { graceDays: 1, caller }, randomnessOf(seed))),
    );
    await withPolicy(world, approval);
    await ask(world, { ...mine, keyType: 'RSA-2048' });
    await decide(world, 'approved');
    await advance(world);
    await withPolicy(world, {});
    await world.issueWithKey(
      { ...standing, ...theirs, keyType: 'RSA-2048', encryption: 'modern' },
      randomnessOf('theirs'),
    );

    await expect(collect(world)).rejects.toMatchObject({ problems: [{ code: 'certificateSuperseded' }] });

    expect(await world.operations.get(operationId)).toMatchObject({
      status: 'failed',
      steps: [{ name: 'approve' }, { name: 'issue', code: 'certificateSuperseded' }],
    });
    expect(world.orchestrations.raised).toContainEqual(
      expect.objectContaining({ instanceId: `${operationId}-1`, eventName: 'collected' }),
    );
  });
});
