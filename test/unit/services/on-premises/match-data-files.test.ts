import type { CollectedFile } from '../../../../src/contracts/on-premises/connectors.ts';
import { ownSecretName } from '../../../../src/domain/secret-uses.ts';
import { matchFiles } from '../../../../src/services/on-premises/match-data-files.ts';
import { createSetAsideSecrets } from '../../../../src/services/requests/set-aside-secrets.ts';
import { aRootCertificate } from '../../../support/builders/a-certificate.ts';
import { createMemorySecrets } from '../../../support/remote/stub-secrets.ts';

const now = new Date('2027-01-01T00:00:00Z');
const certificate = Buffer.from(aRootCertificate().der).toString('base64');
const expired = Buffer.from(aRootCertificate({ notAfter: new Date('2026-12-31T23:59:59Z') }).der).toString('base64');
const clouds = [
  { name: 'One', endpoint: 'https://wap1.contoso.com:40005' },
  { name: 'Two', endpoint: 'https://wap2.contoso.com:40005' },
];

function contentFor(endpoint: string, signing = certificate): string {
  return JSON.stringify({ AzurePackConnectorEndpoint: endpoint, Realm: 'https://adfs.local/adfs', Signing: signing });
}

function match(files: Readonly<Record<string, string | undefined>>, problems: Readonly<Record<string, string>> = {}) {
  const collected: CollectedFile[] = Object.keys(files).map((name) => ({
    fileName: `${name}.txt`,
    sha256: 'a'.repeat(64),
    secretName: ownSecretName('dataFile', name),
    ...(problems[name] === undefined ? {} : { problem: problems[name] }),
  }));
  const kept = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const secrets = createMemorySecrets(
    Object.fromEntries(
      kept.map(([name, text]) => [ownSecretName('dataFile', name), Buffer.from(text).toString('base64')]),
    ),
  );
  return matchFiles(clouds, collected, { secrets: createSetAsideSecrets(secrets), now });
}

describe('src/services/on-premises/match-data-files', () => {
  it('finds the file of each cloud by the endpoint that it names', async () => {
    const answer = await match({
      b: contentFor('https://WAP2.contoso.com:40005/'),
      other: contentFor('https://elsewhere.contoso.com:40005'),
      a: contentFor('https://wap1.contoso.com:40005'),
    });

    expect(answer).toMatchObject({
      outcome: 'matched',
      files: [
        { cloud: 'One', fileName: 'a.txt', secretName: 'gatehouse-data-file-a', realm: 'https://adfs.local/adfs' },
        { cloud: 'Two', fileName: 'b.txt', secretName: 'gatehouse-data-file-b', notAfter: '2036-11-01T00:00:00.000Z' },
      ],
    });
  });

  it('takes the newest of several files of one cloud', async () => {
    const first = contentFor('https://wap1.contoso.com:40005');

    const answer = await match({ new1: first, old1: first, two: contentFor('https://wap2.contoso.com:40005') });

    expect(answer).toMatchObject({ files: [{ fileName: 'new1.txt' }, { fileName: 'two.txt' }] });
  });

  it('passes over a newer file that is none, for an older one that is', async () => {
    const answer = await match({
      broken: '',
      one: contentFor('https://wap1.contoso.com:40005'),
      two: contentFor('https://wap2.contoso.com:40005'),
    });

    expect(answer).toMatchObject({ outcome: 'matched' });
  });

  it.each([
    ['is empty', '', 'empty'],
    ['is a web page', '<!DOCTYPE html><html></html>', 'web page'],
    ['is huge', 'x'.repeat(18_001), 'larger'],
    ['is no data file', 'Hello.', 'does not name'],
    [
      'has an expired signing certificate',
      contentFor('https://wap2.contoso.com:40005', expired),
      'expired on 2026-12-31',
    ],
    [
      'has a signing certificate that is none',
      contentFor('https://wap2.contoso.com:40005', 'A'.repeat(400)),
      'cannot be read',
    ],
    ['was not kept', undefined, 'not in Key Vault'],
  ])('names the cloud without a file, and why a file that %s is unfit', async (_what, content, words) => {
    const answer = await match({ one: contentFor('https://wap1.contoso.com:40005'), unfit: content });

    expect(answer).toMatchObject({ outcome: 'refused', code: 'precondition' });
    const { message } = answer as { readonly message: string };
    expect(message).toContain('Two');
    expect(message).not.toContain('One');
    expect(message).toContain('unfit.txt');
    expect(message).toContain(words);
  });

  it('says what kept a file from being collected', async () => {
    const answer = await match({ one: undefined }, { one: 'Larger than 18,000 bytes.' });

    expect((answer as { readonly message: string }).message).toContain('Larger than 18,000 bytes.');
  });

  it('says when all files are of other clouds', async () => {
    const answer = await match({ x: contentFor('https://x.contoso.com:40005') });

    expect((answer as { readonly message: string }).message).toContain('of other clouds');
  });
});
