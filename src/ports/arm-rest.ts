import type { JsonObject } from '../domain/json.ts';
import type { ArmAnswer } from './arm.ts';

/**
 * Resource Manager for kinds of resources that no client knows: JSON as it is on the wire, each call one request. Never sends
 * anything twice by itself: for some kinds a second PUT undoes the first. 5xx answers and socket faults are thrown, without
 * what was sent.
 */
export interface ArmRest {
  get(resourceId: string, apiVersion: string): Promise<ArmAnswer<JsonObject>>;
  put(resourceId: string, apiVersion: string, body: JsonObject): Promise<ArmAnswer<JsonObject>>;
  remove(resourceId: string, apiVersion: string): Promise<ArmAnswer<JsonObject>>;
  /** Azure's code and words for an accepted write that failed later; undefined when it did not, or its record is gone. */
  readOperationError(operationUrl: string): Promise<{ readonly code: string; readonly message: string } | undefined>;
}
