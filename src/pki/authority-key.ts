import type { KeyObject } from 'node:crypto';
import { checkPublicKey } from './check-public-key.ts';
import type { DerValue } from './der.ts';
import type { PkiProblem } from './problem.ts';

export interface AuthorityKeyJudgement {
  /** Such as `RSA-2048` or `P-256`. */
  readonly keyType: string;
  readonly problems: readonly PkiProblem[];
  readonly warnings: readonly PkiProblem[];
}

/**
 * Judges the key of an authority that others run. Weak is weak; what is only beyond what Gatehouse makes itself (longer
 * RSA, another odd exponent, elliptic curves that Azure does not document) is a warning.
 */
export function judgeAuthorityKey(subjectPublicKeyInfo: DerValue, key: KeyObject): AuthorityKeyJudgement {
  const check = checkPublicKey(subjectPublicKeyInfo, { allowEllipticCurve: true });
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (check.ok && check.description.type === 'ec') {
    return { keyType: check.description.curve, problems: [], warnings: [undocumentedCurve] };
  }
  const isTolerable = ({ code }: PkiProblem): boolean =>
    (code === 'keySize' && modulusLength >= 2048) || (code === 'keyExponent' && publicExponent >= 3n);
  const found = (check.ok ? [] : check.problems).map((problem) => ({ ...problem, fix: askAuthority }));
  return {
    keyType: `RSA-${modulusLength}`,
    problems: found.filter((problem) => !isTolerable(problem)),
    warnings: found.filter(isTolerable).map(() => unusualRsa(modulusLength, publicExponent)),
  };
}

const askAuthority = 'Have the authority make a new key: RSA of 2048 to 4096 bits.';

function unusualRsa(bits: number, exponent: bigint): PkiProblem {
  const message = `Its RSA key of ${bits} bits with exponent ${exponent} is unusual; some clients refuse it.`;
  return { code: 'keyUnusual', message, fix: 'Try a client of each kind before you rely on it.' };
}

const undocumentedCurve: PkiProblem = {
  code: 'keyUnusual',
  message: 'Its key is on an elliptic curve. No document of Azure says that gateways take such authorities.',
  fix: 'Try one certificate of it on one gateway before you rely on it.',
};
