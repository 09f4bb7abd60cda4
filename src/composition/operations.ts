import * as df from 'durable-functions';
import { createLockActivities } from '../activities/operations/lock-activities.ts';
import { createStepActivities } from '../activities/operations/step-activities.ts';
import * as lockContract from '../contracts/operations/locks.ts';
import * as stepContract from '../contracts/operations/steps.ts';
import type { Core } from './core.ts';
import { registerActivities } from './register-activities.ts';

/** What operations of every kind note, ask and lock as they go. */
export function registerOperations({ operations, claims, now }: Core): void {
  registerActivities(df.app, stepContract, createStepActivities({ operations, now }));
  registerActivities(df.app, lockContract, createLockActivities({ operations, claims, now }));
}
