import { activityReference } from '../operations/activity.ts';

export const orderCertificateName = 'orderCertificate';

export interface OrderCertificateInput {
  readonly operationId: string;
  /** Who asks for what: to be looked at before deciding. */
  readonly question: string;
  /** How long somebody has to decide. */
  readonly days: number;
}

/** The steps in order. Public names: the operation shows them. */
export const orderCertificateSteps = [
  { name: 'approve', usualSeconds: 3600 },
  { name: 'issue', usualSeconds: 5 },
] as const;

/** The name of the one question of an order. */
export const orderQuestion = 'issue';

/** Raised at the instance when a certificate whose key is made here was collected. */
export const collectedEvent = 'collected';

/**
 * Goes on with an order that was decided. `done` once the operation has ended; `waiting` while the asker has not
 * collected the certificate, whose key is made then. `isLast` says that nothing more is waited for.
 */
export const advanceOrder = activityReference<
  {
    readonly operationId: string;
    readonly answer: 'approved' | 'rejected' | 'canceled' | 'not decided in time';
    readonly isLast: boolean;
  },
  { readonly outcome: 'waiting' | 'done' }
>('advanceOrder');
