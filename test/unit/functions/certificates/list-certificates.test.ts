import { listCertificates } from '../../../../src/functions/certificates/list-certificates.ts';
import { aCertificateRequest, toRequestPem } from '../../../support/builders/a-certificate-request.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { toPemBlock } from '../../../support/builders/der.ts';
import {
  aRequest,
  aRoot,
  createServicesWorld,
  randomnessOf,
  type ServicesWorld,
} from '../../../support/services-world.ts';
import { type ApiAnswer, createTestApi } from '../../../support/test-route.ts';

const csr = toRequestPem(aCertificateRequest());
const foreign = anAuthority({ called: 'ann (old)', isAuthority: false, serial: 0x00ab_cdef_0123n });
const bare = '00112233445566778899AABBCCDDEEFF00112233';

async function issue(world: ServicesWorld, commonName: string, changes: object = {}) {
  const order = { rootId: 'root-1', owner: 'kim', csr, commonName, requestedBy: 'tester', ...changes };
  return (await world.certificates.issue(order, randomnessOf(commonName))).record;
}

async function open() {
  const world = createServicesWorld();
  for (const id of ['root-1', 'root-2']) await aRoot(world, id);
  const rows = [
    { line: 2, asked: { owner: 'ann', certificate: toPemBlock('CERTIFICATE', foreign.der) } },
    { line: 3, asked: { owner: 'ann', thumbprint: bare } },
  ];
  await world.certificateImports.begin(rows, aRequest(world, 'import'));
  const kim = await issue(world, 'kim-laptop', { validityDays: 10 });
  const phone = await issue(world, 'Kim Phone', { rootId: 'root-2', validityDays: 300 });
  const gone = await issue(world, 'lee-laptop', { owner: 'lee' });
  await world.revocations.revoke(gone.thumbprint ?? '', { reason: 'left' }, aRequest(world, 'revoke'));
  const api = await createTestApi();
  const route = listCertificates(world);
  const ask = (query: string, accept = 'application/json'): Promise<ApiAnswer> =>
    api.ask(route, { query, as: 'reader', headers: { accept } });
  const names = async (query: string) => namesIn(await ask(query));
  return { world, kim, phone, gone, ask, names };
}

function namesIn({ json }: ApiAnswer): readonly string[] {
  const items = json['items'] as readonly { readonly subject: { readonly commonName?: string } }[];
  return items.map(({ subject }) => subject.commonName ?? '-').toSorted();
}

describe('src/functions/certificates/list-certificates', () => {
  it('finds by each thing that is known, alone and together, or lists all', async () => {
    const { world, kim, names } = await open();
    const soon = new Date(world.now().getTime() + 30 * 24 * 60 * 60 * 1000).toISOString();
    const spaced = kim.serialNumber.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');

    expect(await names('')).toEqual(['-', 'Kim Phone', 'ann (old)', 'kim-laptop', 'lee-laptop']);
    expect(await names('?owner=kim')).toEqual(['Kim Phone', 'kim-laptop']);
    expect(await names('?rootId=root-2')).toEqual(['Kim Phone']);
    expect(await names('?owner=kim&rootId=root-1')).toEqual(['kim-laptop']);
    expect(await names('?state=revoked')).toEqual(['lee-laptop']);
    expect(await names(`?expiresBefore=${encodeURIComponent(soon)}`)).toEqual(['kim-laptop']);
    expect(await names(`?thumbprint=${kim.thumbprint ?? ''}`)).toEqual(['kim-laptop']);
    expect(await names(`?thumbprint=${bare.toLowerCase()}`)).toEqual(['-']);
    expect(await names(`?thumbprint=${bare}&owner=kim`)).toEqual([]);
    expect(await names(`?serialNumber=${encodeURIComponent(spaced)}`)).toEqual(['kim-laptop']);
    expect(await names('?serialNumber=00:AB:CD:EF:01:23')).toEqual(['ann (old)']);
    expect(await names('?name=kim%20PHONE')).toEqual(['Kim Phone']);
    expect(await names('?name=kim')).toEqual([]);
  });

  it('pages through all without losing one, whatever is filtered', async () => {
    const { world, ask } = await open();
    for (let number = 0; number < 20; number += 1) await issue(world, `more-${number}`, { owner: 'more' });

    for (const filter of ['', 'state=issued&', 'owner=more&']) {
      const found: string[] = [];
      let query: string | undefined = `?${filter}top=3`;
      while (query !== undefined) {
        const { json } = await ask(query);
        found.push(...namesIn({ json } as ApiAnswer));
        query = (json['nextLink'] as string | undefined)?.replace(/^[^?]*/, '');
      }
      expect([filter, new Set(found).size, found.length]).toEqual([
        filter,
        ...(filter === '' ? [25, 25] : filter.startsWith('state') ? [24, 24] : [20, 20]),
      ]);
    }
  });

  it.each(['name=Shared', 'serialNumber=01c8', 'name=shared&owner=ann'])('pages through many by %s', async (filter) => {
    const { world, ask } = await open();
    const rows = Array.from({ length: 5 }, (_one, index) => {
      const notBefore = `20010${index + 1}000000Z`;
      const { der } = anAuthority({ called: 'shared', isAuthority: false, serial: 0x01c8n, notBefore });
      return { line: index + 2, asked: { owner: 'ann', certificate: toPemBlock('CERTIFICATE', der) } };
    });
    await world.certificateImports.begin(rows, aRequest(world, 'shared'));

    const pages: (readonly string[])[] = [];
    let query: string | undefined = `?${filter}&top=2`;
    while (query !== undefined) {
      const { json } = await ask(query);
      pages.push((json['items'] as readonly { readonly thumbprint: string }[]).map(({ thumbprint }) => thumbprint));
      query = (json['nextLink'] as string | undefined)?.replace(/^[^?]*/, '');
    }

    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(new Set(pages.flat()).size).toBe(5);
  });

  it('reads a bounded number of rows for a page, however few are meant', async () => {
    const { world, ask } = await open();
    const read = { count: 0 };
    const { certificates } = world.stores;
    const listPartitions = certificates.listPartitions.bind(certificates);
    certificates.listPartitions = async (range) => {
      const rows = await listPartitions(range);
      read.count += rows.length;
      expect(range.top).toBeLessThanOrEqual(1000);
      return rows;
    };
    const one = (await certificates.listPartitions({ from: '', to: 'g', top: 1 }))[0]?.record;
    for (let number = 0; number < 3000; number += 1) {
      const serialNumber = number.toString(16).padStart(30, '0') + (number % 256).toString(16).padStart(2, '0');
      if (one !== undefined) await certificates.insert({ ...one, serialNumber, state: 'issued' });
    }
    read.count = 0;

    const { json } = await ask('?state=superseded&top=1000');

    expect(json).toMatchObject({ items: [], nextLink: expect.stringContaining('continuation=') as string });
    expect(read.count).toBeLessThanOrEqual(2000);
  });

  it('exports CSV that no spreadsheet runs', async () => {
    const { world, ask } = await open();
    await world.certificateImports.begin(
      [{ asked: { owner: 'ann', thumbprint: `F${bare.slice(1)}`, commonName: '=cmd|calc' } }],
      aRequest(world, 'formula'),
    );

    const answer = await ask('?owner=ann', 'text/csv');

    expect(answer.headers).toMatchObject({
      'content-type': expect.stringContaining('text/csv') as string,
      'content-disposition': expect.stringContaining('gatehouse-certificates.csv') as string,
    });
    const [header, ...lines] = answer.text.trim().split('\r\n');
    expect(header).toMatch(/^"thumbprint","serialNumber","commonName","owner","rootId","state",/);
    expect(lines).toHaveLength(3);
    expect(answer.text).toContain('"\'=cmd|calc"');
    expect(answer.text).toContain('"abcdef0123"');
    expect(answer.text).not.toContain('@unknown');
    expect(answer.text).not.toContain('9999-');
    expect((await ask('?top=2&format=csv')).headers['link']).toMatch(
      /^<\/api\/certificates\?.*format=csv.*>; rel="next"$/,
    );
  });

  it('refuses what is no filter', async () => {
    const { ask } = await open();

    for (const query of ['?serialNumber=xyz', '?thumbprint=12', '?state=lost', '?expiresBefore=soon', '?name=']) {
      expect(await ask(query)).toMatchObject({ status: 400 });
    }
  });
});
