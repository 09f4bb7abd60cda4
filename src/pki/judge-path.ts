import { judgeAuthorityKey } from './authority-key.ts';
import { findSignatureFault } from './authority-signature.ts';
import { readTime, type TbsStructure } from './certificate-structure.ts';
import { readObjectIdentifier } from './der.ts';
import { judgeAuthority } from './judge-issuer.ts';
import { textOfName } from './name.ts';
import { oid } from './object-identifiers.ts';
import type { PkiProblem } from './problem.ts';

/** An authority above a certificate. */
export interface Above {
  readonly der: Uint8Array;
  readonly parts: TbsStructure;
  readonly certificate: { readonly publicKey: Parameters<typeof judgeAuthorityKey>[1] };
  readonly isSelfSigned: boolean;
}

/**
 * Why an authority between a certificate and its root shuts it out, nearest first. That one expired is said by who it
 * is.
 */
export function judgePath(path: readonly Above[], now: Date): readonly PkiProblem[] {
  return path.flatMap((one, below) => judgeAbove(one, below, now));
}

function judgeAbove({ der, parts, certificate, isSelfSigned }: Above, below: number, now: Date): readonly PkiProblem[] {
  const subject = textOfName(parts.subject);
  const signature = readObjectIdentifier(parts.algorithm.children[0] ?? parts.algorithm);
  const notBefore = readTime(parts.notBefore);
  // A root of version 1 says nothing of what it may, and is taken by its name and key.
  const isSilent = isSelfSigned && parts.extensions.length === 0;
  const problems = [
    // What is not wholly in DER is read by gateways all the same.
    ...(isSilent ? [] : judgeAuthority(der, below).filter(({ code }) => code !== 'encodingUnusual')),
    ...judgeAuthorityKey(parts.subjectPublicKeyInfo, certificate.publicKey).problems,
    ...(isSelfSigned ? [] : findSignatureFault(signature, 'other').problems),
    ...(notBefore <= now ? [] : [notYetValid(notBefore)]),
    ...(parts.extensions.some(({ id }) => id === oid.nameConstraints) ? [namesLimited] : []),
  ];
  return problems.map(({ message, ...problem }) => ({ ...problem, message: `"${subject}" above it: ${message}` }));
}

function notYetValid(notBefore: Date): PkiProblem {
  const message = `It is not valid before ${notBefore.toISOString()}.`;
  return {
    code: 'notYetValid',
    message,
    fix: 'Wait until then, or issue another certificate under another authority.',
  };
}

const namesLimited: PkiProblem = {
  code: 'notLookedAt',
  message: 'It limits names (name constraints). Whether those of the certificate are within was not looked at.',
  fix: 'Compare them, or look with openssl verify.',
};
