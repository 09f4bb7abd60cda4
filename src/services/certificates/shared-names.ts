import { AppError, type Problem } from '../../domain/app-error.ts';
import { type CertificateRecord, isInUse } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { CertificateLookup } from './certificate-lookup.ts';
import { gatewayIdsOf } from './root-gateways.ts';

type NameStores = Pick<
  Stores,
  'revocations' | 'gateways' | 'madeResources' | 'roots' | 'rootGateways' | 'gatewayRevocations'
>;

/** A name, and whose it is to be: without a serial number that of a certificate which is yet to come. */
type NameWish = Pick<CertificateRecord, 'commonName'> &
  Partial<Pick<CertificateRecord, 'serialNumber' | 'owner' | 'renews'>>;

/**
 * True while another certificate of this name may open a gateway, or is about to, be it by reinstatement, and while one
 * that was revoked is not proven to be out: a session with its name could be anybody's then, and would be left alone. A
 * renewal has the name of those in whose place it comes.
 */
export async function isNameTaken(
  stores: NameStores,
  lookup: Pick<CertificateLookup, 'named'>,
  asked: NameWish,
): Promise<boolean> {
  if (asked.commonName === '') return false;
  for (const other of await lookup.named(asked.commonName, asked.serialNumber)) {
    if (isBeforeIt(other, asked)) continue;
    if (isInUse(other) || other.state === 'issuing') return true;
    if (other.state === 'revoked' && (await mayComeIn(stores, other))) return true;
  }
  return false;
}

/** What it renews, what its owner had before that, and what would take the same place, which one alone gets. */
function isBeforeIt(other: CertificateRecord, { owner, renews }: NameWish): boolean {
  if (renews === undefined || other.owner !== owner) return false;
  const isRival = other.renews?.serialNumber === renews.serialNumber;
  return other.serialNumber === renews.serialNumber || other.superseded !== undefined || isRival;
}

/** A revoked certificate that is not proven to be out, or is being reinstated. */
async function mayComeIn(stores: NameStores, { rootId, thumbprint = '' }: CertificateRecord): Promise<boolean> {
  const intent = (await stores.revocations.get({ partitionKey: rootId, rowKey: thumbprint }))?.record;
  if (intent?.wanted === false) return true;
  for (const gatewayId of await gatewayIdsOf(stores, rootId)) {
    const row = await stores.gatewayRevocations.get({ partitionKey: gatewayId, rowKey: thumbprint });
    if (row?.record.wanted === true && row.record.state !== 'proven' && row.record.state !== 'removed') return true;
  }
  return false;
}

/** Whether the sessions of a certificate can be told apart now: not while another live one has its name. */
export async function sessionIdentityOf(
  lookup: Pick<CertificateLookup, 'named'>,
  { commonName, serialNumber }: CertificateRecord,
): Promise<'unique' | 'ambiguous'> {
  if (commonName === '') return 'ambiguous';
  const others = await lookup.named(commonName, serialNumber);
  const isShared = others.some(isInUse);
  return isShared ? 'ambiguous' : 'unique';
}

export function commonNameTakenProblem({ commonName, renews }: NameWish): Problem {
  if (renews !== undefined) {
    const fix = 'Order one of another name with POST /api/certificates.';
    return { path: '', code: 'commonNameTaken', message: textOf(commonName), fix };
  }
  const fix =
    'Leave commonName out to get a name of its own, or choose another one. An operator may send allowSharedName.';
  return { path: '/commonName', code: 'commonNameTaken', message: textOf(commonName), fix };
}

export function commonNameTakenOnReinstate(commonName: string): AppError {
  const fix = 'Issue a certificate of another name, or send allowSharedName.';
  const message = textOf(commonName);
  return new AppError('ERR_CONFLICT', message, { problems: [{ path: '', code: 'commonNameTaken', message, fix }] });
}

function textOf(commonName: string): string {
  return `Another certificate that is live, or revoked and not yet proven to be out, has the name ${commonName}. Azure lists sessions by name only, so the sessions of two such certificates could not be told apart.`;
}
