import type { SubjectName } from '../domain/distinguished-name.ts';
import { checkSubjectName } from '../domain/distinguished-name.ts';
import type { TbsStructure } from './certificate-structure.ts';
import { isSameBytes } from './der.ts';
import { keyUsageBit, readKeyUsage } from './extensions.ts';
import type { ExpectedCertificate, ExtensionProfile, LintProblem } from './lint-common.ts';
import {
  fault,
  findExtension,
  lintCommon,
  lintExtensionBytes,
  lintExtensionSet,
  lintSubjectKeyIdentifier,
} from './lint-common.ts';
import { encodeName } from './name.ts';
import { oid } from './object-identifiers.ts';

export interface ExpectedRootCertificate extends ExpectedCertificate {
  readonly subject: SubjectName;
}

const rootProfile: ExtensionProfile = new Map([
  [oid.basicConstraints, { isCritical: true, isRequired: true }],
  [oid.keyUsage, { isCritical: true, isRequired: true }],
  [oid.subjectKeyIdentifier, { isCritical: false, isRequired: true }],
]);

/** SEQUENCE { BOOLEAN TRUE, INTEGER 0 } */
const authorityOfPathLengthZero = Uint8Array.of(0x30, 0x06, 0x01, 0x01, 0xff, 0x02, 0x01, 0x00);

/** Every rule of a self-signed root that does not need its signature. */
export function lintRoot(tbs: TbsStructure, expected: ExpectedRootCertificate): readonly LintProblem[] {
  const isSelfIssued = isSameBytes(tbs.issuer.encoding, tbs.subject.encoding);
  const isAsRecorded = isSameBytes(tbs.subject.encoding, encodeName(expected.subject));
  return [
    ...lintCommon(tbs, expected),
    ...fault(!isSelfIssued, 'issuer', 'The issuer of the root is not its subject, byte for byte.'),
    ...fault(!isAsRecorded, 'subjectOther', 'The subject is not the one on record.'),
    ...checkSubjectName(expected.subject, '').map(({ code, message }) => ({ code, message })),
    ...lintExtensionSet(tbs, rootProfile),
    ...lintExtensionBytes(tbs, {
      id: oid.basicConstraints,
      expected: authorityOfPathLengthZero,
      code: 'basicConstraints',
      message: 'The basic constraints are not CA:TRUE with path length 0.',
    }),
    ...lintKeyUsage(tbs),
    ...lintSubjectKeyIdentifier(tbs),
  ];
}

function lintKeyUsage(tbs: TbsStructure): readonly LintProblem[] {
  const value = findExtension(tbs, oid.keyUsage)?.value;
  if (value === undefined) return [];
  const usages = readKeyUsage(value);
  return fault(
    usages.length !== 1 || usages[0] !== keyUsageBit.keyCertSign,
    'keyUsage',
    'The key usage is not keyCertSign alone.',
  );
}
