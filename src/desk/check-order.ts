import type { Problem } from '../domain/app-error.ts';
import { checkNameText } from '../domain/distinguished-name.ts';
import { dayMs } from '../domain/days.ts';
import { readCertificateRequest } from '../pki/read-certificate-request.ts';
import type { Books } from './books.ts';
import { rootKeys } from './records/certificates.ts';

/** The parts of an order that are of the right shape. */
export interface OrderParts {
  readonly rootId?: string | undefined;
  readonly csr?: string | undefined;
  readonly validityDays?: number | undefined;
  readonly commonName?: string | undefined;
}

/** Everything that is wrong with the parts of an order that are there, together. */
export async function checkOrder(
  { books, now }: { readonly books: Pick<Books, 'roots'>; readonly now: () => Date },
  { rootId, csr, validityDays, commonName }: OrderParts,
): Promise<readonly Problem[]> {
  const root = rootId === undefined ? undefined : (await books.roots.get(rootKeys(rootId)))?.record;
  const problems: Problem[] = [];
  if (rootId !== undefined && root?.certificate === undefined) {
    const fix = 'Create it with POST /api/roots.';
    problems.push({ path: '/rootId', code: 'rootUnknown', message: `Root ${rootId} does not exist.`, fix });
  }
  const reading = csr === undefined ? undefined : readCertificateRequest(csr);
  if (reading?.ok === false) problems.push(...reading.problems.map((problem) => ({ path: '/csr', ...problem })));
  if (root?.certificate !== undefined && validityDays !== undefined) {
    if (now().getTime() + validityDays * dayMs > Date.parse(root.notAfter)) {
      const message = `Root ${root.id} itself ends on ${root.notAfter}.`;
      const fix = 'Ask for fewer days, or use a newer root.';
      problems.push({ path: '/validityDays', code: 'beyondRoot', message, fix });
    }
  }
  if (commonName !== undefined) problems.push(...checkNameText(commonName, '/commonName'));
  return problems;
}
