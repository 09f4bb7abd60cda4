import { importCertificates } from '../../../../src/functions/certificates/import-certificates.ts';
import { anAuthority } from '../../../support/builders/an-authority.ts';
import { toPemBlock } from '../../../support/builders/der.ts';
import { createServicesWorld } from '../../../support/services-world.ts';
import { type ApiAnswer, createTestApi } from '../../../support/test-route.ts';

const pem = toPemBlock('CERTIFICATE', anAuthority({ called: 'ann', isAuthority: false }).der);
const one = '00112233445566778899AABBCCDDEEFF00112233';
const two = '10112233445566778899AABBCCDDEEFF00112233';

async function open() {
  const world = createServicesWorld();
  const api = await createTestApi();
  const route = importCertificates(world);
  const send = (body: string | Uint8Array, as: 'operator' | 'requester' = 'operator'): Promise<ApiAnswer> =>
    api.ask(route, { body, as, headers: { 'content-type': 'text/csv; charset=utf-8' } });
  const owned = async (owner: string) =>
    (await world.lookup.list({ owner, top: 100 })).items.map(({ thumbprint }) => thumbprint);
  return { world, api, route, send, owned };
}

describe('src/functions/certificates/import-certificates', () => {
  it('registers one certificate from JSON, and says that an operator has to', async () => {
    const { api, route, owned } = await open();

    const answer = await api.ask(route, { body: { thumbprint: one, owner: 'ann' } });
    const byRequester = await api.ask(route, { body: { thumbprint: two, owner: 'ann' }, as: 'requester' });

    expect(answer).toMatchObject({ status: 202, json: { kind: 'importCertificates', status: 'succeeded' } });
    expect(answer.headers['location']).toMatch(/^\/api\/operations\/op-/);
    expect(byRequester.status).toBe(403);
    expect(await owned('ann')).toEqual([one]);
    expect((await api.ask(route, { body: { owner: 'ann' } })).json).toMatchObject({
      errors: [{ path: '/certificate', code: 'missingField' }],
    });
  });

  it.each([
    ['commas', `thumbprint,owner\n${one},ann\n${two},ann\n`],
    ['a mark, semicolons and CRLF', `\ufeffThumbprint;Owner\r\n${one};ann\r\n${two};ann\r\n`],
    ['tabs', `owner\tthumbprint\nann\t${one}\nann\t${two}`],
    ['quotes and columns of others', `"a;b",owner,"Thumb Print"\n"x, y",ann,"${one}"\n"he said ""no""",ann,${two}\n\n`],
    ['UTF-16', utf16(`thumbprint\towner\r\n${one}\tann\r\n${two}\tann\r\n`)],
  ])('reads a list with %s', async (_what, text) => {
    const { send, owned } = await open();

    expect(await send(text)).toMatchObject({ status: 202, json: { status: 'succeeded', result: { registered: 2 } } });
    expect(await owned('ann')).toEqual([one, two]);
  });

  it('reads a certificate of many lines, and names by its line whatever fails', async () => {
    const { send, owned } = await open();
    const lines = [
      'owner,certificate,thumbprint,notAfter',
      `ann,"${pem.trim()}",,`,
      `=HYPERLINK("http://x"),,${one},`,
      `ann,,not a thumbprint,`,
      `ann,,${one},soon`,
      `ann,,${one},,,,more`,
      `ann,,${two},2090-01-01`,
    ];
    const first = pem.trim().split('\n').length;

    const { status, json } = await send(lines.join('\n'));

    expect([status, json['status']]).toEqual([202, 'failed']);
    const { errors } = json['problem'] as {
      readonly errors: readonly { readonly path: string; readonly code: string }[];
    };
    expect(errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      `/lines/${first + 2} wrongFormat`,
      `/lines/${first + 3}/thumbprint wrongFormat`,
      `/lines/${first + 4}/notAfter wrongFormat`,
      `/lines/${first + 5} tooMany`,
    ]);
    expect(await owned('ann')).toHaveLength(2);
  });

  it.each([
    ['is never closed', `"${one};ann;`, undefined, /^Lines 4 to 26: .*never closed/],
    ['is closed lines later', `"${one};ann;`, ';ann;"', /^Lines 4 to 25 are one/],
    ['is closed in a column that is not read', `${one};ann;"the 15`, `${one};ann;"`, /^Lines 4 to 25 are one/],
    ['is closed before more text', `"${one};ann;`, 'x"y;ann;z', /^Lines 4 to 26: .*do not fit together/],
  ])('names every line that a double quote has swallowed which %s', async (_what, begin, end, message) => {
    const { send, owned } = await open();
    const swallowed = Array.from({ length: 20 }, (_line, index) => `${numbered(index)};ann;n`);
    const after = `${numbered(99)};ann;last`;
    const lines = ['thumbprint;owner;note', '', `${two};ann;`, begin, ...swallowed, end ?? `${one};ann;`, after];

    const { json } = await send(lines.join('\r\n'));

    const { errors } = json['problem'] as {
      readonly errors: readonly { readonly path: string; readonly code: string; readonly message: string }[];
    };
    expect(json).toMatchObject({ status: 'failed', result: { refused: 1 } });
    expect(errors).toMatchObject([
      { path: '/lines/4', code: 'wrongFormat', message: expect.stringMatching(message) as string },
    ]);
    expect(await owned('ann')).toEqual(String(message).includes('25') ? [two, numbered(99)] : [two]);
  });

  it.each([
    ['a record that goes on and on', `thumbprint,owner\n${one},ann\n"${`${two},ann\n`.repeat(1000)}`, 'tooLarge'],
    ['a header that goes on in the next line', `thumbprint,owner,"note\n${one},ann,"\n${two},ann,\n`, 'wrongFormat'],
    ['text behind a closing quote', `thumbprint,owner\n${one},ann\n"${two}" x,ann\n${one},ann\n`, 'wrongFormat'],
    ['a header that cannot be read', `thumbprint,"ow"ner\nthumbprint,owner\n${one},ann\n`, 'wrongFormat'],
  ])('refuses a list with %s, whole', async (_what, text, code) => {
    const { send, owned } = await open();

    expect(await send(text)).toMatchObject({ status: 400, json: { errors: [{ path: '/csv', code }] } });
    expect(await owned('ann')).toEqual([]);
  });

  it('repeats nothing of a first line that is not understood', async () => {
    const { send } = await open();
    const key = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ';

    const answer = await send(`-----BEGIN PRIVATE KEY----- ${key},${key}\n`);

    expect(answer).toMatchObject({ status: 400, json: { errors: [{ code: 'missingField' }] } });
    expect(JSON.stringify(answer.json)).not.toContain('MIIE');
    expect(JSON.stringify(answer.json)).toContain('2 columns');
  });

  it.each([
    ['nothing that is asked for', `a,b\n1,2\n`, 'missingField'],
    ['a column twice', `owner,thumbprint,OWNER\nann,${one},bob\n`, 'duplicateField'],
    ['a million columns', `owner,thumbprint${','.repeat(1_000_000)}\n`, 'tooMany'],
    ['only a header', `owner,thumbprint\n`, 'empty'],
    ['more lines than are taken', `owner,thumbprint\n${`ann,${one}\n`.repeat(2001)}`, 'tooMany'],
    ['only quotes', `""""""\n`, 'missingField'],
    ['bytes that are no text', Buffer.from([0x6f, 0xff, 0xfe, 0x80]), 'invalidUtf8'],
  ])('refuses a list with %s', async (_what, text, code) => {
    const { world, send } = await open();

    expect(await send(text)).toMatchObject({ status: 400, json: { code: 'ERR_REQUEST_INVALID', errors: [{ code }] } });
    expect((await world.operations.list({ top: 10 })).items).toEqual([]);
  });

  it('refuses a list of 10 MB, and other kinds of files', async () => {
    const { api, route, send } = await open();

    expect(await send('a'.repeat(10 * 1024 * 1024))).toMatchObject({ status: 413, json: { code: 'ERR_TOO_LARGE' } });
    const headers = { 'content-type': 'application/vnd.ms-excel' };
    expect((await api.ask(route, { body: 'x', headers })).status).toBe(415);
  });

  it('says of a list that was sent before that nothing has changed', async () => {
    const { send } = await open();
    const list = `thumbprint,owner\n${one},ann\n${two},ann\n`;
    await send(list);

    expect(await send(list)).toMatchObject({
      status: 202,
      json: { status: 'succeeded', result: { registered: 0, unchanged: 2 } },
    });
  });
});

function numbered(index: number): string {
  return String(index).padStart(40, 'A');
}

function utf16(text: string): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
}
