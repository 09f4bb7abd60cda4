import type { CertificateExtension } from './extensions.ts';
import {
  findDuplicates,
  keyUsageBit,
  readBasicConstraints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
} from './extensions.ts';
import { derTag, readObjectIdentifier } from './der.ts';
import type { DerValue } from './der.ts';
import { nameOfObjectIdentifier, oid } from './object-identifiers.ts';
import type { PkiProblem } from './problem.ts';

export interface RequestAsks {
  /** Names of what the request asks beyond its key and what is therefore left out of the certificate. */
  readonly ignored: readonly string[];
  readonly problems: readonly PkiProblem[];
}

const authorityOnly: ReadonlySet<string> = new Set([
  oid.nameConstraints,
  oid.policyConstraints,
  oid.policyMappings,
  oid.inhibitAnyPolicy,
]);

// What a requester may mark critical and still be content with a certificate that has it otherwise.
const known: ReadonlySet<string> = new Set([
  oid.basicConstraints,
  oid.keyUsage,
  oid.extendedKeyUsage,
  oid.subjectAltName,
  oid.subjectKeyIdentifier,
]);

const dropIt = 'Make the request without extensions: the certificate gets its own in any case.';

/**
 * Looks through the attributes of a certificate request. The profile decides what a certificate says, so requests are only
 * ignored; but one that asks for authority or for another purpose was made for something else, and is refused outright.
 */
export function readRequestAsks(attributes: readonly DerValue[]): RequestAsks {
  const parts = attributes.map(readAttribute);
  const extensions = parts.flatMap((part) => part.extensions);
  const duplicates = findDuplicates(extensions);
  return {
    ignored: [...new Set(parts.flatMap(({ name, extensions: own }) => (own.length > 0 ? own.map(nameOf) : [name])))],
    problems: [
      ...parts.flatMap(({ problems }) => problems),
      ...duplicates.map((id) =>
        ask('extensionTwice', `The request has the extension ${nameOfObjectIdentifier(id)} twice.`),
      ),
      ...extensions.flatMap(findExtensionProblems),
    ],
  };
}

interface AttributePart {
  readonly name: string;
  readonly extensions: readonly CertificateExtension[];
  readonly problems: readonly PkiProblem[];
}

function readAttribute(attribute: DerValue): AttributePart {
  const [type, values] = attribute.children;
  if (type?.tag !== derTag.objectIdentifier || values?.tag !== derTag.set) {
    return { name: 'attribute', extensions: [], problems: [ask('attributeStructure', 'An attribute is malformed.')] };
  }
  const id = readObjectIdentifier(type);
  const name = nameOfObjectIdentifier(id);
  if (id !== oid.extensionRequest && id !== oid.microsoftExtensionRequest)
    return { name, extensions: [], problems: [] };
  const [list] = values.children;
  const extensions = list === undefined || values.children.length > 1 ? undefined : readExtensions(list);
  if (extensions !== undefined) return { name: 'extensionRequest', extensions, problems: [] };
  return {
    name: 'extensionRequest',
    extensions: [],
    problems: [ask('extensionStructure', 'The extension request is malformed.')],
  };
}

function findExtensionProblems(extension: CertificateExtension): readonly PkiProblem[] {
  const { id, value } = extension;
  const name = nameOf(extension);
  if (authorityOnly.has(id))
    return [ask('asksForAuthority', `The request asks for ${name}, which only an authority has.`)];
  if (extension.saysDefault)
    return [ask('notCanonical', `The extension ${name} writes down "critical FALSE", which DER forbids.`)];
  if (value === undefined) return [ask('extensionStructure', `The value of the extension ${name} is not DER.`)];
  if (id === oid.basicConstraints) return findAuthorityProblems(value);
  if (id === oid.keyUsage) return findKeyUsageProblems(value);
  if (id === oid.extendedKeyUsage) return findPurposeProblems(value);
  const isUnknown = extension.isCritical && !known.has(id);
  return isUnknown
    ? [ask('criticalExtension', `The request insists on the extension ${name}, which is not issued here.`)]
    : [];
}

function findAuthorityProblems(value: DerValue): readonly PkiProblem[] {
  if (!readBasicConstraints(value).isCertificateAuthority) return [];
  return [ask('asksForAuthority', 'The request asks for CA:TRUE; client certificates sign nothing.')];
}

function findKeyUsageProblems(value: DerValue): readonly PkiProblem[] {
  const usages = readKeyUsage(value);
  const signs = usages.includes(keyUsageBit.keyCertSign) || usages.includes(keyUsageBit.cRLSign);
  return signs
    ? [ask('asksForAuthority', 'The request asks for keyCertSign or cRLSign; client certificates sign nothing.')]
    : [];
}

// Client authentication alone is what the certificate gets anyway, and what Azure's own instructions put into requests.
function findPurposeProblems(value: DerValue): readonly PkiProblem[] {
  const purposes = readExtendedKeyUsage(value);
  if (purposes.length > 0 && purposes.every((purpose) => purpose === oid.clientAuth)) return [];
  const names = purposes.map(nameOfObjectIdentifier).join(', ');
  return [
    ask(
      'asksForPurpose',
      `The request asks for the purposes ${names || 'of an empty list'}; only clientAuth is issued.`,
    ),
  ];
}

function nameOf({ id }: CertificateExtension): string {
  return nameOfObjectIdentifier(id);
}

function ask(code: string, message: string): PkiProblem {
  return { code, message, fix: dropIt };
}
