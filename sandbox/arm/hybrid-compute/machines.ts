import { createHash } from 'node:crypto';
import type { ServiceResponse } from '../../platform/https-service.ts';
import { type ArmCall, type ArmContext, param } from '../arm-call.ts';
import { refuseAtGateway } from '../arm-refusal.ts';
import type { JsonObject } from '../json-object.ts';
import { formatGroupId } from '../resource-id.ts';
import type { HybridMachine } from './hybrid-machines.ts';

/** The machine with the id of its resource, in the case of the caller's path. */
export interface CalledMachine {
  readonly id: string;
  readonly machine: HybridMachine;
}

/** The machine that a call names, or ARM's 404. */
export function requireMachine(context: ArmContext, call: ArmCall): CalledMachine {
  const group = param(call, 'resourceGroupName');
  const machine = context.machines.find(group, param(call, 'machineName'));
  if (machine !== undefined) {
    const groupId = formatGroupId(param(call, 'subscriptionId'), group);
    return { id: `${groupId}/providers/Microsoft.HybridCompute/machines/${machine.name}`, machine };
  }
  throw refuseAtGateway(
    404,
    'ResourceNotFound',
    `The Resource 'Microsoft.HybridCompute/machines/${param(call, 'machineName')}' under resource group '${group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix`,
  );
}

export function getMachine(context: ArmContext, call: ArmCall): ServiceResponse {
  const { id, machine } = requireMachine(context, call);
  return { status: 200, body: renderMachine(context, id, machine) };
}

function renderMachine(context: ArmContext, id: string, machine: HybridMachine): JsonObject {
  const blocked = { publisher: 'microsoft.cplat.core', type: 'runcommandhandlerwindows' };
  return {
    id,
    name: machine.name,
    type: 'Microsoft.HybridCompute/machines',
    location: machine.location,
    identity: { type: 'SystemAssigned', principalId: uuidOf(id), tenantId: context.host.tenantId },
    properties: {
      provisioningState: 'Succeeded',
      status: machine.isConnected ? 'Connected' : 'Disconnected',
      agentVersion: machine.agentVersion,
      displayName: machine.name,
      machineFqdn: machine.fqdn,
      vmId: uuidOf(`${id}/vm`),
      osName: 'windows',
      osType: 'windows',
      osSku: machine.osSku,
      osVersion: machine.osVersion,
      agentConfiguration: {
        extensionsEnabled: 'true',
        extensionsAllowList: [],
        extensionsBlockList: machine.blocksRunCommands ? [blocked] : [],
        guestConfigurationEnabled: 'true',
        configMode: 'full',
      },
    },
  };
}

/** The same id for the same machine each time. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text.toLowerCase()).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
