import type { CloudDataFile, CollectedFile } from '../../contracts/on-premises/connectors.ts';
import { preconditionRefused, type Refusal } from '../../domain/failure.ts';
import { readDataFile } from '../../onprem/read-data-file.ts';
import { readCertificate } from '../../pki/read-certificate.ts';
import type { Secrets } from '../../ports/secrets.ts';

type Matched = { readonly outcome: 'matched'; readonly files: readonly CloudDataFile[] } | Refusal;

interface Candidate {
  readonly file: CollectedFile;
  readonly reading:
    | {
        readonly ok: true;
        readonly endpoint: string;
        readonly realm: string;
        readonly thumbprint: string;
        readonly notAfter: Date;
      }
    | { readonly ok: false; readonly reason: string };
}

/**
 * Finds the data file of each cloud among the collected ones, newest first, by the endpoint that it names. What is not
 * a data file, or of other clouds, is passed over; a cloud without one is refused with what was wrong with the files.
 */
export async function matchFiles(
  clouds: readonly { readonly name: string; readonly endpoint: string }[],
  collected: readonly CollectedFile[],
  { secrets, now }: { readonly secrets: Pick<Secrets, 'get'>; readonly now: Date },
): Promise<Matched> {
  const candidates: Candidate[] = [];
  for (const file of collected) candidates.push({ file, reading: await read(file, secrets, now) });
  const files: CloudDataFile[] = [];
  const without: string[] = [];
  for (const { name, endpoint } of clouds) {
    const match = candidates.find(({ reading }) => reading.ok && isSameEndpoint(reading.endpoint, endpoint));
    if (match?.reading.ok !== true) {
      without.push(name);
      continue;
    }
    const { fileName, sha256, secretName } = match.file;
    const { realm, thumbprint, notAfter } = match.reading;
    files.push({
      cloud: name,
      fileName,
      sha256,
      secretName,
      realm,
      signingThumbprint: thumbprint,
      notAfter: notAfter.toISOString(),
    });
  }
  if (without.length === 0) return { outcome: 'matched', files };
  const unfit = candidates.flatMap(({ file, reading }) => (reading.ok ? [] : [`${file.fileName}: ${reading.reason}`]));
  const message =
    `No data file names the endpoint of ${without.join(', ')} among ${collected.length} files. ` +
    (unfit.length === 0 ? 'All of them are of other clouds.' : `Not usable: ${unfit.slice(0, 5).join(' ')}`);
  return preconditionRefused(message);
}

async function read(file: CollectedFile, secrets: Pick<Secrets, 'get'>, now: Date): Promise<Candidate['reading']> {
  if (file.problem !== undefined) return { ok: false, reason: file.problem };
  const content = await secrets.get({ use: 'dataFile', name: file.secretName });
  if (content === undefined) return { ok: false, reason: 'Its content is not in Key Vault.' };
  const reading = readDataFile(Buffer.from(content.value, 'base64'));
  if (reading.outcome === 'refused') return { ok: false, reason: reading.message };
  const { endpoint, realm, signingCertificate } = reading.file;
  const parsed = readCertificate(signingCertificate);
  if (!parsed.ok) return { ok: false, reason: 'Its signing certificate cannot be read.' };
  const { thumbprint, notAfter } = parsed.certificate;
  if (notAfter.getTime() <= now.getTime()) {
    return { ok: false, reason: `Its signing certificate expired on ${notAfter.toISOString()}.` };
  }
  return { ok: true, endpoint, realm, thumbprint, notAfter };
}

function isSameEndpoint(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).origin.toLowerCase() === new URL(other).origin.toLowerCase();
}
