import type { JsonObject } from '../domain/json.ts';
import type { ArmAnswer, ArmFailure } from './arm.ts';

/**
 * Resource Manager for kinds of resources that the Arm port does not know: JSON as it is on the wire, each call one
 * request. Never sends anything twice by itself: for some kinds a second PUT undoes the first. No answer tells what was
 * sent.
 */
export interface ArmRest {
  get(resourceId: string, apiVersion: string): Promise<ArmAnswer<JsonObject>>;
  /**
   * Ids of what a list holds, all its pages. `listId` is the id of the parent with the kind:
   * `…/machines/host/runCommands`.
   */
  list(listId: string, apiVersion: string): Promise<ArmAnswer<readonly string[]>>;
  put(resourceId: string, apiVersion: string, body: JsonObject): Promise<ArmAnswer<JsonObject>>;
  remove(resourceId: string, apiVersion: string): Promise<ArmAnswer<JsonObject>>;
  /**
   * Azure's code and words for an accepted write that failed later; undefined when it did not, or its record is gone.
   */
  readOperationError(operationUrl: string): Promise<ArmFailure | undefined>;
}
