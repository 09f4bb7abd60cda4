import type { ArmRest } from '../ports/arm-rest.ts';
import { operationErrorOf, toAnswer, toRead } from './arm-answers.ts';
import { type ArmRequestsOptions, createArmRequests } from './arm-requests.ts';

/** Resource Manager by bare requests. */
export function createArmRest(options: ArmRequestsOptions): ArmRest {
  const requests = createArmRequests(options);
  const urlOf = (resourceId: string, apiVersion: string): string => `${resourceId}?api-version=${apiVersion}`;

  return {
    get: async (resourceId, apiVersion) => toRead(await requests.send('GET', urlOf(resourceId, apiVersion))),
    list: (listId, apiVersion) => requests.listIds(urlOf(listId, apiVersion)),
    put: async (resourceId, apiVersion, body) =>
      toAnswer(await requests.send('PUT', urlOf(resourceId, apiVersion), { body })),
    remove: async (resourceId, apiVersion) => toAnswer(await requests.send('DELETE', urlOf(resourceId, apiVersion))),
    readOperationError: async (operationUrl) =>
      requests.isOwn(operationUrl) ? operationErrorOf(await requests.send('GET', operationUrl)) : undefined,
  };
}
