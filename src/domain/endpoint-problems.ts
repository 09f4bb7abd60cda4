import type { Problem } from './app-error.ts';
import type { ProblemCode } from './problem-codes.ts';

/** One address as a machine saw it. `issue` is empty where all was well. */
export interface SeenEndpoint {
  readonly host: string;
  readonly port: number;
  readonly issue: string;
}

/** The source procedure's troubleshooting tips, by what a machine saw of an address. */
const tips = {
  notResolved: {
    message: 'its name does not resolve',
    fix: 'See that the name is right, and that this machine can resolve it.',
  },
  noRoute: {
    message: 'there is no route to it',
    fix: 'Azure Stack and whoever uses its portal need network connectivity to the tenant portal: routes, gateways.',
  },
  portClosed: {
    message: 'the port is closed',
    fix: 'Open the port in the firewalls in between, and see that the service runs.',
  },
  untrusted: {
    message: 'its certificate is not trusted there',
    fix: 'Import the issuing authority on this machine.',
  },
  selfSigned: {
    message: 'its certificate is self-signed',
    fix: 'Use a certificate of a trusted authority: the connector refuses self-signed ones.',
  },
  expired: { message: 'its certificate has expired', fix: 'Renew the certificate and bind it.' },
  nameMismatch: {
    message: 'its certificate is for another name',
    fix: 'Use a certificate for this name, or correct the name.',
  },
} as const satisfies Partial<Record<ProblemCode, { readonly message: string; readonly fix: string }>>;

/** What is wrong with addresses as one machine saw them: one problem for each, with the tip that helps. */
export function endpointProblems(
  results: unknown,
  { from, path }: { readonly from: string; readonly path: string },
): readonly Problem[] {
  const seen = Array.isArray(results) ? (results as readonly SeenEndpoint[]) : [];
  return seen
    .filter(({ issue }) => issue !== '')
    .map(({ host, port, issue }) => {
      const { code, message, fix } = tipFor(issue);
      return { path, code, message: `Seen from ${from}, ${host}:${port}: ${message}.`, fix };
    });
}

function tipFor(issue: string): Omit<Problem, 'path'> {
  if (isTip(issue)) return { code: issue, ...tips[issue] };
  return { code: 'unwell', message: `it has another fault (${issue})`, fix: 'Look at the machine.' };
}

function isTip(issue: string): issue is keyof typeof tips {
  return Object.hasOwn(tips, issue);
}
