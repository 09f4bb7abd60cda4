import { AppError, type Problem } from '../../domain/app-error.ts';
import { type Departure, ownerKeys, standingDeparture } from '../../stores/records/owners.ts';
import type { Stores } from '../../stores/stores.ts';

/** What a certificate is withheld for whose owner left while it was being issued. */
export const leftReason = 'left';

/** The departure of an owner that stands, or undefined while they are there. */
export async function findDeparture(stores: Pick<Stores, 'owners'>, ownerId: string): Promise<Departure | undefined> {
  return standingDeparture((await stores.owners.get(ownerKeys(ownerId)))?.record);
}

export function ownerLeftProblem(ownerId: string, departure: Pick<Departure, 'at'>): Problem {
  const fix = `An operator reopens the owner with POST /api/owners/${ownerId}/reopen, if they are back.`;
  return { path: '/owner', code: 'ownerLeft', message: textOf(ownerId, departure), fix };
}

export function ownerLeftOnReinstate(ownerId: string, departure: Departure): AppError {
  const message = `${textOf(ownerId, departure)} Their certificates are not reinstated.`;
  const { fix } = ownerLeftProblem(ownerId, departure);
  return new AppError('ERR_CONFLICT', message, { problems: [{ path: '', code: 'ownerLeft', message, fix }] });
}

function textOf(ownerId: string, { at }: Pick<Departure, 'at'>): string {
  return `Owner '${ownerId}' left on ${at}.`;
}
