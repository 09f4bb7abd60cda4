import { XMLParser } from 'fast-xml-parser';

/** What a data file of the multi-cloud mode says. */
export interface DataFile {
  /** Of the connector that it is for, as it was given when the mode was turned on. */
  readonly endpoint: string;
  readonly realm: string;
  /** The certificate that signs Azure Stack's tokens, as it stands in the file: PEM or base64. */
  readonly signingCertificate: string;
}

export type DataFileReading =
  | { readonly outcome: 'read'; readonly file: DataFile }
  | {
      readonly outcome: 'refused';
      readonly reason: 'empty' | 'tooLarge' | 'html' | 'notADataFile';
      readonly message: string;
    };

const bytesMax = 18_000;
const certificatePattern = /^(-----BEGIN CERTIFICATE-----)?[A-Za-z0-9+/=\s]{300,}(-----END CERTIFICATE-----)?\s*$/;

interface Leaf {
  readonly path: string;
  readonly text: string;
}

/**
 * Reads a data file. Its format is not published, only two names in it: read as JSON, else as XML, else as lines of
 * names and values. The bytes themselves are passed on unchanged.
 */
export function readDataFile(bytes: Uint8Array): DataFileReading {
  if (bytes.byteLength > bytesMax) return refuse('tooLarge', `It is larger than ${bytesMax} bytes.`);
  const text = decode(bytes)
    .replace(/^\u{feff}/u, '')
    .trim();
  if (text === '') return refuse('empty', 'It is empty.');
  if (/^<(!doctype\s+html|html)/i.test(text)) return refuse('html', 'It is a web page.');
  const leaves = leavesOfJson(text) ?? leavesOfXml(text) ?? leavesOfLines(text);
  const endpoint = find(leaves, /AzurePackConnectorEndpoint$/i, isHttps);
  const realm = find(leaves, /Realm$/i, isHttps);
  const signingCertificate = find(leaves, /./, (value) => certificatePattern.test(value));
  if (endpoint === undefined || realm === undefined || signingCertificate === undefined) {
    return refuse('notADataFile', 'It does not name the endpoint, the realm and the signing certificate.');
  }
  return { outcome: 'read', file: { endpoint, realm, signingCertificate } };
}

/** Windows PowerShell writes UTF-16 unless it is told otherwise. */
function decode(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}

function leavesOfJson(text: string): readonly Leaf[] | undefined {
  try {
    return leavesOf(JSON.parse(text), '');
  } catch {
    // Not JSON: the next format is tried.
    return undefined;
  }
}

function leavesOfXml(text: string): readonly Leaf[] | undefined {
  if (!text.startsWith('<')) return undefined;
  try {
    const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: false, attributeNamePrefix: '' });
    return leavesOf(parser.parse(text), '');
  } catch {
    // Not XML: the next format is tried.
    return undefined;
  }
}

function leavesOf(value: unknown, path: string): readonly Leaf[] {
  if (typeof value === 'string') return [{ path, text: value.trim() }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, `${path}/${name}`));
}

function leavesOfLines(text: string): readonly Leaf[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [, name, value] = /^\s*"?([A-Za-z]+)"?\s*[:=]\s*"?(.*?)"?,?\s*$/.exec(line) ?? [];
    return name === undefined || value === undefined ? [] : [{ path: `/${name}`, text: value }];
  });
}

function find(leaves: readonly Leaf[], path: RegExp, isIt: (text: string) => boolean): string | undefined {
  return leaves.find((leaf) => path.test(leaf.path) && isIt(leaf.text))?.text;
}

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:';
}

function refuse(reason: Extract<DataFileReading, { outcome: 'refused' }>['reason'], message: string): DataFileReading {
  return { outcome: 'refused', reason, message };
}
