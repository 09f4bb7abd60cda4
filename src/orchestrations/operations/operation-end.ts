import type { OperationEnd } from '../../contracts/gateways/build-gateway.ts';
import { type Failure, failureOf } from '../../domain/failure.ts';
import { refusalBy, type Steps } from './call-activity.ts';

/** The step that an operation is at, for the end that comes from anywhere in it. */
export interface Place {
  step: string;
}

/**
 * Runs an operation to its end, whatever happens: an activity whose tries are used up, or a mistake of ours, fails the
 * step that the operation was at, in its words. An instance that died instead would leave the operation running for
 * good.
 */
export function* endOfOperation(tell: (place: Place) => Steps<OperationEnd>): Steps<OperationEnd> {
  const place: Place = { step: '' };
  try {
    return yield* tell(place);
  } catch (error) {
    return failed(place.step, refusalBy(error));
  }
}

/** The end of an operation whose step was refused, in the words of the refusal. */
export function failed(step: string, failure: Failure): OperationEnd {
  return { status: 'failed', step, ...failureOf(failure) };
}
