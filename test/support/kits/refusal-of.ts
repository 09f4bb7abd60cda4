import { AppError } from '../../../src/domain/app-error.ts';

/** The refusal that the work ends with. Throws when nothing is refused. */
export function refusalOf(work: () => unknown): AppError {
  try {
    work();
  } catch (error: unknown) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
