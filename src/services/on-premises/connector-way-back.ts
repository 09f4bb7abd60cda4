import { AppError } from '../../domain/app-error.ts';
import type { ConnectorRequest } from '../../domain/connector-request.ts';
import type { ConnectorRecord } from '../../stores/records/on-premises.ts';

/**
 * Throws ERR_CONFLICT where a request for the same connector would forget what there is to take back: a cloud for which
 * something may have been changed, or a machine of it in the role that it had there; a trust goes back from the machine
 * that tried it. The way back goes by the request that is kept.
 */
export function requireWayBack(request: ConnectorRequest, kept: ConnectorRecord | undefined): void {
  if (kept === undefined) return;
  const lost = kept.changedClouds.flatMap((name) => lostOf(name, request, kept));
  if (lost.length === 0) return;
  throw new AppError(
    'ERR_CONFLICT',
    `This request leaves out what an earlier one may have changed: ${lost.join(', ')}. Name it again, or DELETE the connector first.`,
  );
}

function lostOf(name: string, request: ConnectorRequest, kept: ConnectorRecord): readonly string[] {
  const cloud = request.clouds.find((candidate) => candidate.name === name);
  if (cloud === undefined) return [`cloud ${name}`];
  const before = kept.request.clouds.find((candidate) => candidate.name === name);
  if (before === undefined) return [];
  const isTried = kept.trustAttemptedClouds.includes(name);
  const { portalMachines, apiMachines, trustMachine } = cloud;
  const roles = [
    ['portalMachines', before.portalMachines, portalMachines],
    ['apiMachines', before.apiMachines, apiMachines],
    ['trustMachine', isTried ? [before.trustMachine] : [], [trustMachine]],
  ] as const;
  return roles.flatMap(([role, was, now]) =>
    was.filter((machine) => !now.includes(machine)).map((machine) => `machine ${machine} (${role} of cloud ${name})`),
  );
}
