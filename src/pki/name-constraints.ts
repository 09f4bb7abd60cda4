import { readLooseStructure } from './certificate-structure.ts';
import { type DerValue, readDer } from './der.ts';
import { encodeName, readName, textOfName } from './name.ts';
import { oid } from './object-identifiers.ts';
import { encodeSubjectAlternativeName } from './subject-alternative-name.ts';

/** Tags of a GeneralName (RFC 5280 section 4.2.1.6). */
const tag = { rfc822Name: 0x81, dnsName: 0x82, directoryName: 0xa4 } as const;

/**
 * Why the name constraints of an authority shut out a client certificate of this common name, which is its alternative
 * name as well where it is an address or a host name (RFC 5280 section 4.2.1.10); undefined where they do not. Names of
 * kinds that no certificate has which is made here (URIs, addresses of hosts, principals) are not looked at.
 */
export function findNameConstraint(authorityDer: Uint8Array, commonName: string): string | undefined {
  const extensions = readLooseStructure(authorityDer)?.extensions ?? [];
  const constraints = extensions.find(({ id }) => id === oid.nameConstraints);
  if (constraints === undefined) return undefined;
  if (constraints.value === undefined) return 'Its name constraints cannot be read.';
  const names = namesOf(commonName);
  const [permitted, excluded] = [0xa0, 0xa1].map((wanted) => subtreesOf(constraints.value, wanted));
  for (const name of names) {
    const isUnder = (base: DerValue): boolean => base.tag === name.tag && isWithin(name, base);
    const banned = excluded?.find(isUnder);
    if (banned !== undefined) return `It excludes ${toText(banned)}.`;
    const ofKind = (permitted ?? []).filter((base) => base.tag === name.tag);
    if (ofKind.length > 0 && !ofKind.some(isUnder)) return `It permits only ${ofKind.map(toText).join(', ')}.`;
  }
  return undefined;
}

/** The names of a certificate as GeneralNames: its subject, and its alternative name. */
function namesOf(commonName: string): readonly DerValue[] {
  const subject = parse(encodeName({ commonName }));
  const alternative = encodeSubjectAlternativeName(commonName);
  const inner = alternative === undefined ? [] : parse(alternative).children;
  return [{ ...subject, tag: tag.directoryName, children: [subject] }, ...inner];
}

/** GeneralSubtrees: what each begins with. Minimum and maximum are not used by any profile. */
function subtreesOf(constraints: DerValue | undefined, wanted: number): readonly DerValue[] {
  const list = constraints?.children.find((child) => child.tag === wanted)?.children ?? [];
  return list.flatMap(({ children }) => children.slice(0, 1));
}

function isWithin(name: DerValue, base: DerValue): boolean {
  if (name.tag === tag.directoryName) return beginsWith(name.children[0], base.children[0]);
  const [text, limit] = [textOf(name), textOf(base)];
  if (limit === '') return true;
  if (name.tag === tag.rfc822Name) {
    if (limit.includes('@')) return text === limit;
    const host = text.slice(text.lastIndexOf('@') + 1);
    return limit.startsWith('.') ? host.endsWith(limit) : host === limit;
  }
  const domain = limit.replace(/^\./, '');
  return text === domain || text.endsWith(`.${domain}`);
}

/** Whether the first RDNs of a name are those of the base, as RFC 5280 section 7.1 compares them. */
function beginsWith(name: DerValue | undefined, base: DerValue | undefined): boolean {
  const [whole, start] = [name, base].map((value) => (value === undefined ? [] : readName(value).map(comparable)));
  return start?.every((rdn, at) => rdn === whole?.[at]) === true;
}

function comparable(rdn: ReturnType<typeof readName>[number]): string {
  const fold = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').toLowerCase();
  return JSON.stringify(rdn.map(({ type, text }) => [type, fold(text)]).toSorted());
}

function toText(base: DerValue): string {
  const [inner] = base.children;
  if (base.tag === tag.directoryName) return inner === undefined ? '(every name)' : textOfName(inner);
  return JSON.stringify(textOf(base));
}

function textOf({ contents }: DerValue): string {
  return Buffer.from(contents).toString('latin1').toLowerCase();
}

function parse(bytes: Uint8Array): DerValue {
  const reading = readDer(bytes);
  if (!reading.ok) throw new RangeError(`What was encoded here cannot be read: ${reading.message}`);
  return reading.value;
}
