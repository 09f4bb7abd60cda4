import type { AzureWords } from './azure-words.ts';
import type { ProblemCode } from './problem-codes.ts';

/** Why something did not get through. `azure` is what Azure said, where it was Azure that refused. Without secrets. */
export interface Failure {
  readonly code: ProblemCode;
  /** For people: Azure's own words where Azure said something. */
  readonly message: string;
  readonly azure?: AzureWords;
}

/**
 * What an answer says in the place of what was asked for: data, because an error that crosses the Durable boundary
 * loses its class and code.
 */
export interface Refusal extends Failure {
  readonly outcome: 'refused';
}

/** The answer where something that has to be there before is not. */
export function preconditionRefused(message: string): Refusal {
  return { outcome: 'refused', code: 'precondition', message };
}

/**
 * The failure for people: under Azure's code, and with the id by which its support finds the request, where it was
 * Azure.
 */
export function sayFailure({ code, message, azure }: Failure): string {
  return azure === undefined
    ? `${code}: ${message}`
    : `${azure.code}: ${withCorrelation(message, azure.correlationId)}`;
}

/** The failure alone, without what else is known beside it. */
export function failureOf({ code, message, azure }: Failure): Failure {
  return { code, message, ...(azure === undefined ? {} : { azure }) };
}

export function withCorrelation(message: string, correlationId: string | undefined): string {
  return correlationId === undefined ? message : `${message} (correlation id ${correlationId})`;
}
