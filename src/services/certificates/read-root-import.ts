import type { Problem } from '../../domain/app-error.ts';
import { issuersOf } from '../../domain/root-order.ts';
import { readCertificateContainer } from '../../pki/certificate-container.ts';
import { judgeIssuer } from '../../pki/judge-issuer.ts';
import type { PkiProblem } from '../../pki/problem.ts';
import { type Authority, type AuthorityReading, isIssuedBy, readAuthority } from '../../pki/read-authority.ts';
import type { RootRecord } from '../../stores/records/certificates.ts';

/** One certificate that is to be imported. */
export interface ImportedAuthority {
  readonly authority: Authority;
  /** Of an intermediate: who signed it, by thumbprint. */
  readonly issuerThumbprint?: string;
  readonly warnings: readonly Problem[];
}

export type RootImportReading =
  /** Roots before the intermediates under them, none of them twice. */
  | { readonly ok: true; readonly chain: readonly [ImportedAuthority, ...ImportedAuthority[]] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const path = '/import';

/**
 * Reads what somebody sent as an enterprise root: one certificate, or a root with its intermediates in whatever order.
 * `known` are the authorities that are here already; an intermediate may be of one of those.
 */
export function readRootImport(
  text: string,
  { known, now }: { readonly known: readonly RootRecord[]; readonly now: Date },
): RootImportReading {
  const container = readCertificateContainer(text);
  if (!container.ok) return { ok: false, problems: [toProblem(container.problem)] };
  const readings = container.certificates.map((der) => readAuthority(der, now));
  const refused = readings.flatMap(problemsOf);
  if (refused.length > 0) return { ok: false, problems: refused };
  const found = withoutRepeats(readings.filter((reading) => reading.outcome === 'authority'));
  if (found.length === 0) return { ok: false, problems: readings.flatMap(endEntityProblems) };
  const roots = found.filter(({ authority }) => authority.isRoot);
  if (roots.length > 1) return { ok: false, problems: [severalRoots(roots.map(({ authority }) => authority.subject))] };
  const { chain, orphans } = buildChain(found, known);
  const [first, ...others] = chain;
  if (first === undefined || orphans.length > 0) return { ok: false, problems: orphans.map(issuerMissing) };
  const leftOut = readings.flatMap((reading) =>
    reading.outcome === 'endEntity' ? [leftOutWarning(reading.subject)] : [],
  );
  const warnings = [...first.warnings, ...container.warnings.map((warning) => toProblem(warning)), ...leftOut];
  return { ok: true, chain: [{ ...first, warnings }, ...others] };
}

const keyPath = '/pfxSecret';

/** The same of a certificate whose key has come along: what issues here has to make certificates that others take. */
export function readIssuer(
  der: Uint8Array,
  { known, now }: { readonly known: readonly RootRecord[]; readonly now: Date },
): RootImportReading {
  const refuse = (problems: readonly Problem[]): RootImportReading => ({
    ok: false,
    problems: problems.map((problem) => ({ ...problem, path: keyPath })),
  });
  const reading = readAuthority(der, now);
  if (reading.outcome !== 'authority') return refuse([...problemsOf(reading), ...endEntityProblems(reading)]);
  const { chain, orphans } = buildChain([reading], known);
  const [item] = chain;
  if (item === undefined) return refuse(orphans.map(issuerNotImported));
  const issuer = known.find(({ thumbprint }) => thumbprint === item.issuerThumbprint && thumbprint !== undefined);
  const above = issuer === undefined ? [] : [issuer, ...issuersOf(issuer, known)];
  const faults = judgeIssuer(
    der,
    above.map(({ certificate = '' }) => Buffer.from(certificate, 'base64')),
  );
  if (faults.length > 0) return refuse(faults.map((fault) => toProblem(fault, reading.authority.subject)));
  return { ok: true, chain: [{ ...item, warnings: item.warnings.map((warning) => ({ ...warning, path: keyPath })) }] };
}

type FoundAuthority = Extract<AuthorityReading, { readonly outcome: 'authority' }>;

function withoutRepeats(found: readonly FoundAuthority[]): readonly FoundAuthority[] {
  return [...new Map(found.map((reading) => [reading.authority.thumbprint, reading])).values()];
}

function buildChain(
  found: readonly FoundAuthority[],
  known: readonly RootRecord[],
): { readonly chain: readonly ImportedAuthority[]; readonly orphans: readonly Authority[] } {
  const here = known.map(({ certificate = '', thumbprint = '' }) => ({
    der: Buffer.from(certificate, 'base64'),
    thumbprint,
  }));
  const chain = found.filter(({ authority }) => authority.isRoot).map((root) => toImported(root, undefined));
  let left = found.filter(({ authority }) => !authority.isRoot);
  for (let isGrowing = true; isGrowing;) {
    const issuers = [...chain.map(({ authority }) => authority), ...here];
    const added = left.flatMap((reading) => {
      const issuer = issuers.find(({ der }) => isIssuedBy(reading.authority.der, der));
      return issuer === undefined ? [] : [{ reading, issuer }];
    });
    chain.push(...added.map(({ reading, issuer }) => toImported(reading, issuer.thumbprint)));
    left = left.filter((reading) => !added.some((one) => one.reading === reading));
    isGrowing = added.length > 0;
  }
  return { chain, orphans: left.map(({ authority }) => authority) };
}

function toImported({ authority, warnings }: FoundAuthority, issuerThumbprint: string | undefined): ImportedAuthority {
  return {
    authority,
    warnings: warnings.map((warning) => toProblem(warning, authority.subject)),
    ...(issuerThumbprint === undefined ? {} : { issuerThumbprint }),
  };
}

function problemsOf(reading: AuthorityReading): readonly Problem[] {
  if (reading.outcome !== 'refused') return [];
  return reading.problems.map((problem) => toProblem(problem, reading.subject));
}

function endEntityProblems(reading: AuthorityReading): readonly Problem[] {
  if (reading.outcome !== 'endEntity') return [];
  const message = `${reading.subject}: It is the certificate of a client or a server, not of an authority.`;
  return [{ path, code: 'notAuthority', message, fix: 'Send the certificate of the authority that signed it.' }];
}

function leftOutWarning(subject: string): Problem {
  const message = `${subject}: It is the certificate of a client or a server, and was left out.`;
  return { path, code: 'endEntityLeftOut', message, fix: 'Nothing has to be done: gateways trust authorities only.' };
}

function severalRoots(subjects: readonly string[]): Problem {
  const message = `There are ${subjects.length} roots: ${subjects.join('; ')}.`;
  return {
    path,
    code: 'severalRoots',
    message,
    fix: 'Send each root with its own intermediates, under an id of its own.',
  };
}

function issuerMissing({ subject, issuer }: Authority): Problem {
  const message = `${subject}: Its issuer, ${issuer}, is neither sent along nor imported before.`;
  return { path, code: 'issuerMissing', message, fix: 'Send its issuer along (import), or import the issuer first.' };
}

/** The file goes to Key Vault unread, and Key Vault shows the certificate of the key. */
function issuerNotImported({ subject, issuer }: Authority): Problem {
  const message = `${subject}: Its issuer, ${issuer}, is not imported yet.`;
  const fix = 'Import its issuers first (import): nothing of the file but the certificate of its key is read.';
  return { path: keyPath, code: 'issuerMissing', message, fix };
}

function toProblem({ code, message, fix }: PkiProblem, subject?: string): Problem {
  return { path, code, message: subject === undefined ? message : `${subject}: ${message}`, fix };
}
