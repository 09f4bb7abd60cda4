import type { PkiProblem } from './problem.ts';
import { describeRefusedAlgorithm, signatureAlgorithms } from './signature-algorithms.ts';

interface SignatureJudgement {
  readonly problems: readonly PkiProblem[];
  readonly warnings: readonly PkiProblem[];
}

/** MD2 and MD5: who has the certificate may be able to make another that the signature fits. */
const brokenAlgorithms = ['1.2.840.113549.1.1.2', '1.2.840.113549.1.1.4'];
const sha1Algorithms = ['1.2.840.113549.1.1.5', '1.3.14.3.2.29', '1.2.840.10045.4.1', '1.2.840.10040.4.3'];

/**
 * Judges by what an authority's certificate is signed. Of a root nobody relies on its own signature, so SHA-1 there is
 * a warning; under an intermediate it would let others put their own key in.
 */
export function findSignatureFault(algorithm: string, signer: 'own' | 'other' | 'broken'): SignatureJudgement {
  const { name } = describeRefusedAlgorithm(algorithm);
  const isSha1 = sha1Algorithms.includes(algorithm);
  if (brokenAlgorithms.includes(algorithm) || (isSha1 && signer === 'other')) {
    return { problems: [weak(name)], warnings: [] };
  }
  if (signer === 'broken') return { problems: [notItsOwn], warnings: [] };
  if (isSha1) return { problems: [], warnings: [oldSignature(name)] };
  return { problems: [], warnings: signatureAlgorithms.has(algorithm) ? [] : [oldSignature(name)] };
}

function weak(name: string): PkiProblem {
  const message = `It is signed with ${name}, which can be forged.`;
  return { code: 'signatureWeak', message, fix: 'Have the authority sign a new certificate with SHA-256.' };
}

function oldSignature(name: string): PkiProblem {
  const message = `It is signed with ${name}. Nothing rests on a root’s own signature, but some clients refuse to see it.`;
  return { code: 'signatureUnusual', message, fix: 'Try a client of each kind before you rely on it.' };
}

const notItsOwn: PkiProblem = {
  code: 'signatureInvalid',
  message: 'Its own key does not verify its signature: it was changed, or is not what it says it is.',
  fix: 'Export it anew from where it is in use, and compare the thumbprint.',
};
