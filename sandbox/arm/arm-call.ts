import type { ServiceResponse } from '../platform/https-service.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import { refuseAtGateway } from './arm-refusal.ts';
import type { ArmState, Caller, StoredOperation } from './arm-state.ts';
import type { HybridMachines } from './hybrid-compute/hybrid-machines.ts';
import { isObject, type JsonObject } from './json-object.ts';
import type { OperationName } from './operation-names.ts';

/** What an operation does when its time has come. */
export interface OperationDefinition {
  /** Returns what the final GET of an action answers; a thrown ArmRefusal ends the operation as failed. */
  succeed(context: ArmContext, operation: StoredOperation): unknown;
  /** Leaves the target as a failure leaves it. */
  fail(context: ArmContext, operation: StoredOperation): void;
  /** How much longer than planned the operation takes from now, in Azure's time; undefined when it can end now. */
  stillMs?(context: ArmContext, operation: StoredOperation): number | undefined;
}

/** What the handlers share. */
export interface ArmContext {
  readonly host: ServiceHost;
  readonly state: ArmState;
  readonly definitions: Readonly<Record<OperationName, OperationDefinition>>;
  save(): void;
  /** Tells the world that an operation ended. */
  publishEnd(operation: StoredOperation): void;
  /** Tells the VPN emulator to cut this one. */
  disconnectSession(id: string): void;
  /** The machines outside Azure that Arc knows. */
  readonly machines: HybridMachines;
}

/** One request, after the front end let it in. */
export interface ArmCall {
  readonly caller: Caller;
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The named parts of the route, decoded, in the caller's case. */
  readonly params: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  readonly content: Buffer;
  /** The id that an operation started by this call gets; also `x-ms-request-id`. */
  readonly requestId: string;
  readonly correlationId: string;
  readonly failOperation: string | undefined;
}

export type ArmHandler = (context: ArmContext, call: ArmCall) => ServiceResponse | Promise<ServiceResponse>;

/** A named part of the route; a route that lacks it is a defect of the route table. */
export function param(call: ArmCall, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`The route of ${call.url.pathname} has no part named ${name}.`);
  return value;
}

/** The request's JSON object, or the front end's refusal. */
export function readBody(call: ArmCall): JsonObject {
  const text = call.content.toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refuseAtGateway(
      400,
      'InvalidRequestContent',
      `The request content was invalid and could not be deserialized: '${reason}'.`,
    );
  }
  if (isObject(parsed)) return parsed;
  throw refuseAtGateway(
    400,
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: 'The content is not a JSON object.'.`,
  );
}
