import { AppError, type Problem } from '../../domain/app-error.ts';
import { cutText } from '../../domain/cut-text.ts';
import { isOperationEnd, type OperationProblem } from '../../domain/operation.ts';
import { readClientCertificate } from '../../pki/read-client-certificate.ts';
import type { Blobs } from '../../ports/blobs.ts';
import type { Orchestrations } from '../../ports/orchestrations.ts';
import { mapInGroups } from '../../stores/map-in-groups.ts';
import type { IntentRequest } from '../operations/intent-request.ts';
import type { OperationRecord } from '../operations/operation-record.ts';
import type { Operations } from '../operations/operations.ts';
import {
  type CertificateToRegister,
  createRegisterCertificate,
  type RegisterOptions,
  type Registration,
} from './register-certificate.ts';

/** One line of a file: what it says, or why it could not be read. A request for one certificate has no line. */
export type ImportRow = { readonly line?: number } & (
  { readonly asked: CertificateToRegister } | { readonly problems: readonly Problem[] }
);

export interface CertificateImportsOptions extends RegisterOptions {
  readonly operations: Operations;
  readonly blobs: Blobs;
  readonly container: string;
}

/**
 * Certificates that others have issued, registered so that they can be found, watched, revoked and leave with their
 * owner.
 */
export interface CertificateImports {
  /**
   * ERR_REQUEST_INVALID where one certificate is asked for and refused; what is wrong with the lines of a file is in
   * the result.
   */
  begin(rows: readonly ImportRow[], request: IntentRequest): Promise<OperationRecord>;
  /**
   * Goes on after a crash: what is registered already is unchanged by that. For the sweep. A row that fails at every
   * try keeps the others from nothing, and is refused in the end.
   */
  run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void>;
}

const step = 'registerCertificates';
const rowsAtOnce = 16;
/** From its beginning; the sweep tells of what fails until then. */
const triedForMs = 60 * 60 * 1000;
/** Characters of what is listed in the result, which is in one row with the operation. */
const listedCharactersMax = 200_000;
const problemsMax = 50;

type Outcome = { readonly line?: number } & Registration;

export function createCertificateImports(options: CertificateImportsOptions): CertificateImports {
  const { operations, blobs, container, now } = options;
  const register = createRegisterCertificate(options);

  /** The rows go once their result is on record: whoever comes later ends the operation by that. */
  async function run(operation: OperationRecord, orchestrations: Orchestrations): Promise<void> {
    const content = await blobs.get(container, blobOf(operation.id));
    if (content !== undefined) {
      const rows = JSON.parse(Buffer.from(content).toString('utf8')) as readonly ImportRow[];
      const request = { operationId: operation.id, requestedBy: operation.requestedBy, orchestrations };
      const faults: unknown[] = [];
      const outcomes = await mapInGroups(rows, rowsAtOnce, async (row): Promise<Outcome> => {
        const at = row.line === undefined ? {} : { line: row.line };
        if ('problems' in row) return { ...at, outcome: 'refused', problems: row.problems };
        const registered = await register(row.asked, request).catch((error: unknown): Registration => {
          faults.push(error);
          return { outcome: 'refused', problems: [failed] };
        });
        return { ...at, ...registered };
      });
      const isLastTry = now().getTime() - Date.parse(operation.createdAt) >= triedForMs;
      if (faults.length > 0 && !isLastTry) throw faults[0];
      await operations.addResult(operation.id, resultOf(outcomes));
      await blobs.remove(container, blobOf(operation.id));
    }
    await end(operation.id);
  }

  async function end(operationId: string): Promise<void> {
    const result = (await operations.get(operationId))?.result as ImportResult | undefined;
    const problem = result === undefined ? lost : problemOf(result);
    const status = problem === undefined ? 'succeeded' : 'failed';
    await operations.setStep(operationId, step, { status, now: now() });
    await operations.finish(operationId, { status, ...(problem === undefined ? {} : { problem }) });
  }

  return {
    run,

    begin: async (rows, { operationId, requestedBy, orchestrations }) => {
      const [only] = rows;
      if (only !== undefined && only.line === undefined) await requireTaken(only);
      const operation = await operations.create({
        id: operationId,
        kind: 'importCertificates',
        target: 'certificates',
        targetKey: 'certificates',
        requestedBy,
        steps: [{ name: step, usualSeconds: Math.max(1, Math.ceil(rows.length / 20)) }],
      });
      if (isOperationEnd(operation.status)) return operation;
      const content = Buffer.from(JSON.stringify(rows.map((row) => toKeep(row, now()))));
      await blobs.put(container, blobOf(operationId), content, 'application/json');
      await run(operation, orchestrations);
      return (await operations.get(operationId)) ?? operation;
    },
  };

  async function requireTaken(row: ImportRow): Promise<void> {
    const problems = 'problems' in row ? row.problems : await register.problemsOf(row.asked);
    if (problems.length === 0) return;
    throw new AppError('ERR_REQUEST_INVALID', 'The certificate cannot be registered; errors lists everything found.', {
      problems,
    });
  }
}

/**
 * What is kept of a line until it is registered: never more than one certificate, for somebody may have sent their key.
 */
function toKeep(row: ImportRow, now: Date): ImportRow {
  if ('problems' in row || row.asked.certificate === undefined) return row;
  const { line, asked } = row;
  const at = line === undefined ? {} : { line };
  const reading = readClientCertificate(asked.certificate ?? '', now);
  if (!reading.ok) return { ...at, problems: [{ path: '/certificate', ...reading.problem }] };
  return { ...at, asked: { ...asked, certificate: Buffer.from(reading.certificate.der).toString('base64') } };
}

function blobOf(operationId: string): string {
  return `${operationId}.json`;
}

const failed: Problem = {
  path: '',
  code: 'internalError',
  message: 'It could not be registered, at no try for an hour. The log says what failed.',
  fix: 'Send it again, or its thumbprint alone.',
};

const lost: OperationProblem = {
  code: 'ERR_OPERATION_FAILED',
  detail: 'The list was lost with the process that took it. Send it again: what is registered already stays as it is.',
};

function problemOf({ registered, unchanged, refused, items }: ImportResult): OperationProblem | undefined {
  if (refused === 0) return undefined;
  const errors = items.flatMap(({ line, problems = [] }) =>
    problems.map((problem) => ({
      ...problem,
      path: line === undefined ? problem.path : `/lines/${line}${problem.path}`,
    })),
  );
  const taken = `${registered} certificates were registered, ${unchanged} were there already.`;
  return {
    code: 'ERR_REQUEST_INVALID',
    detail: `${refused} were refused; errors names each by its line. ${taken}`,
    errors: errors.slice(0, problemsMax).map((error) => ({ ...error, message: cutText(error.message, 300) })),
  };
}

interface ImportResult {
  readonly registered: number;
  readonly unchanged: number;
  readonly refused: number;
  /** Those that were refused first. */
  readonly items: readonly Outcome[];
  readonly notListed: number;
}

function resultOf(outcomes: readonly Outcome[]): ImportResult & Readonly<Record<string, unknown>> {
  const count = (outcome: Outcome['outcome']): number => outcomes.filter((one) => one.outcome === outcome).length;
  const order = outcomes.toSorted((a, b) => Number(b.outcome === 'refused') - Number(a.outcome === 'refused'));
  let left = listedCharactersMax;
  const items = order.filter((one) => {
    left -= JSON.stringify(one).length;
    return left > 0;
  });
  return {
    registered: count('registered'),
    unchanged: count('unchanged'),
    refused: count('refused'),
    items,
    notListed: outcomes.length - items.length,
  };
}
