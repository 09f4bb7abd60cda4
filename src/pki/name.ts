import { AsnConvert } from '@peculiar/asn1-schema';
import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import type { SubjectName } from '../domain/distinguished-name.ts';
import type { DerValue } from './der.ts';
import { derTag, readObjectIdentifier } from './der.ts';
import { nameOfObjectIdentifier, oid } from './object-identifiers.ts';

export interface NameAttribute {
  readonly type: string;
  /** Tag of the string as it was encoded. */
  readonly tag: number;
  readonly text: string;
}

/**
 * Encodes a subject: C, O, OU, CN, each in an RDN of its own (a multi-valued RDN shows differently in Azure and
 * Windows). UTF8String throughout, but PrintableString for the country, as RFC 5280 wants it.
 */
export function encodeName(subject: SubjectName): Uint8Array {
  const attributes = [
    [oid.country, subject.country],
    [oid.organization, subject.organization],
    [oid.organizationalUnit, subject.organizationalUnit],
    [oid.commonName, subject.commonName],
  ] as const;
  const name = new Name(
    attributes.flatMap(([type, text]) =>
      text === undefined ? [] : [new RelativeDistinguishedName([attribute(type, text)])],
    ),
  );
  return new Uint8Array(AsnConvert.serialize(name));
}

function attribute(type: string, text: string): AttributeTypeAndValue {
  const value = new AttributeValue(type === oid.country ? { printableString: text } : { utf8String: text });
  return new AttributeTypeAndValue({ type, value });
}

/** The attributes of a Name, one list for each RDN, in the order of the encoding. */
export function readName(name: DerValue): readonly (readonly NameAttribute[])[] {
  return name.children.map((rdn) => rdn.children.map(readAttribute));
}

function readAttribute(pair: DerValue): NameAttribute {
  const [type, value] = pair.children;
  const identifier = type?.tag === derTag.objectIdentifier ? readObjectIdentifier(type) : '?';
  return { type: identifier, tag: value?.tag ?? 0, text: value === undefined ? '' : readText(value) };
}

const stringTags: ReadonlySet<number> = new Set([
  derTag.utf8String,
  derTag.bmpString,
  derTag.numericString,
  derTag.printableString,
  derTag.ia5String,
  derTag.teletexString,
]);

function readText(value: DerValue): string {
  const bytes = Buffer.from(value.contents);
  if (!stringTags.has(value.tag)) return `#${Buffer.from(value.encoding).toString('hex')}`;
  if (value.tag === derTag.utf8String) return bytes.toString('utf8');
  const isWide = value.tag === derTag.bmpString && bytes.length % 2 === 0;
  return isWide ? bytes.swap16().toString('utf16le') : bytes.toString('latin1');
}

/** The single common name, or undefined if there is none or more than one. */
export function commonNameOf(name: DerValue): string | undefined {
  const found = readName(name)
    .flat()
    .filter(({ type }) => type === oid.commonName);
  return found.length === 1 ? found[0]?.text : undefined;
}

/**
 * A Name as RFC 4514 writes it, last RDN first ("CN=alice,O=Contoso"). Control, direction and other unseen characters
 * are written as hex pairs, so the text is safe to show and to log whoever made the name.
 */
export function textOfName(name: DerValue): string {
  return readName(name)
    .map((rdn) => rdn.map(textOfAttribute).join('+'))
    .reverse()
    .join(',');
}

// What is no string is written as # and its encoding in hex, which is not to be escaped.
function textOfAttribute({ type, tag, text }: NameAttribute): string {
  return `${nameOfObjectIdentifier(type)}=${stringTags.has(tag) ? escapeText(text) : text}`;
}

function escapeText(text: string): string {
  return text
    .replace(/[\\,+"<>;=]|^[ #]| $/g, (mark) => `\\${mark}`)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (unseen) => Buffer.from(unseen, 'utf8').toString('hex').replace(/../g, '\\$&'));
}
