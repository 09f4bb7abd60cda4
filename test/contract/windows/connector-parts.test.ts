// The parts of Azure Stack's side that are no machine: output files, the endpoint's transcript, TLS as SChannel judges
// it.
import {
  decodeDataFile,
  encodeDataFile,
  readDataFile,
  renderDataFile,
  spoilDataFile,
  thumbprintOf,
} from '../../../sandbox/windows/connector/data-file.ts';
import { dataFileFormats } from '../../../sandbox/windows/connector/state.ts';
import { judgeServer } from '../../../sandbox/windows/connector/tls.ts';
import { lingeringSeconds, transcriptLines } from '../../../sandbox/windows/connector/transcript.ts';
import { readDataFile as readAsTheApplication } from '../../../src/onprem/read-data-file.ts';
import { anAuthority, aServerCertificate, derOf } from '../../support/windows/issued-certificates.ts';

const host = 'wapcomputer1.contoso.com';
const endpoint = `https://${host}:40005`;
const nowMs = Date.now();

describe('sandbox/windows/connector/data-file', () => {
  it.each(dataFileFormats)('writes as %s what it reads again', async (format) => {
    const content = {
      endpoint,
      realm: 'https://adfs.local.azurestack.external/adfs/c1d72562-534e-4aa5-92aa-d65df289a107/',
      signingCertificate: await aServerCertificate('adfs.local.azurestack.external'),
    };

    const text = renderDataFile(content, format);

    expect(text).toContain('AzurePackConnectorEndpoint');
    expect(text).toContain('AuthenticationIdentityProviderPartner');
    expect(readDataFile(text)).toEqual(content);
    const bytes = encodeDataFile({ text, isUtf16: format === 'utf16' });
    expect(readDataFile(decodeDataFile(bytes))).toEqual(content);
    expect(readAsTheApplication(bytes)).toEqual({ outcome: 'read', file: content });
    expect(thumbprintOf(content.signingCertificate)).toMatch(/^[0-9A-F]{40}$/);
  });

  it('spoils a file in every way that a reader has to notice', async () => {
    const signingCertificate = await aServerCertificate('adfs');
    const text = renderDataFile({ endpoint, realm: 'https://adfs/adfs/1/', signingCertificate }, 'json');

    expect(spoilDataFile(text, endpoint, 'empty')).toBe('');
    expect(spoilDataFile(text, endpoint, 'huge').length).toBeGreaterThan(1_000_000);
    expect(readDataFile(spoilDataFile(text, endpoint, 'otherCloud'))?.endpoint).not.toBe(endpoint);
    expect(readDataFile(spoilDataFile(text, endpoint, 'html'))).toBeUndefined();
  });

  it('reads no file whose certificate is none', () => {
    expect(readDataFile(renderDataFile({ endpoint, realm: 'r', signingCertificate: 'AAAA' }, 'json'))).toBeUndefined();
  });
});

describe('sandbox/windows/connector/transcript', () => {
  it('ends in the attested line where the configuration succeeds', () => {
    expect(transcriptLines('success').at(-1)).toBe("VERBOSE: Step 'Configure Azure Pack Connector' status: 'Success'");
    expect(transcriptLines('unknownWords').at(-1)).toBe(transcriptLines('success').at(-1));
  });

  it.each(['error', 'silent', 'brokenBeforeSuccess'] as const)('never says Success where %s', (variant) => {
    expect(transcriptLines(variant).join('\n')).not.toContain('Success');
  });

  it('costs minutes where a script waits for the end of the loop', () => {
    expect(lingeringSeconds('Wait-Job -Job $job')).toBeGreaterThan(60);
    expect(lingeringSeconds('Stop-Job -Job $job')).toBe(0);
  });
});

describe('sandbox/windows/connector/tls', () => {
  it('trusts a chain that ends in a root of the machine', async () => {
    const { root, issuing, server } = await aChain();

    expect(judge([server, issuing], { root: [root], ca: [] })).toBe('');
    expect(judge([server], { root: [root], ca: [issuing] })).toBe('');
  });

  it('trusts none whose root it lacks, whatever intermediates it holds', async () => {
    const { root, issuing, server } = await aChain();

    expect(judge([server, issuing, root], { root: [], ca: [issuing, root] })).toBe('untrusted');
    expect(judge([server], { root: [root], ca: [] })).toBe('untrusted');
  });

  it('names what is wrong with the certificate', async () => {
    const { root, issuing, authority } = await aChain();
    const stores = { root: [root], ca: [issuing] };
    const past = { notBefore: new Date(nowMs - 200_000), notAfter: new Date(nowMs - 100_000) };

    expect(judge([await aServerCertificate(host)], stores)).toBe('selfSigned');
    expect(judge([await aServerCertificate(host, authority, past)], stores)).toBe('expired');
    expect(judge([await aServerCertificate('other.contoso.com', authority)], stores)).toBe('nameMismatch');
    expect(judge([], stores)).toBe('untrusted');
  });
});

function judge(sent: readonly string[], stores: { root: string[]; ca: string[] }): string {
  return judgeServer({ sent, host, stores, nowMs });
}

async function aChain() {
  const top = await anAuthority('Contoso Root');
  const authority = await anAuthority('Contoso Issuing', top);
  const server = await aServerCertificate(host, authority);
  return { root: derOf(top.certificate), issuing: derOf(authority.certificate), server, authority };
}
