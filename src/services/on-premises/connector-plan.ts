import type { ConnectorPlan } from '../../contracts/on-premises/connectors.ts';
import { type ConnectorRequest, minimumVersionsOf } from '../../domain/connector-request.ts';
import type { ConnectorRecord, StackRecord } from '../../stores/records/on-premises.ts';

/** What the list of steps goes by: the rest of a plan is known once there is a record. */
export function planShape({
  privilegedEndpoint,
  clouds,
}: ConnectorRequest): Pick<ConnectorPlan, 'privilegedEndpoint' | 'clouds'> {
  return { privilegedEndpoint, clouds: clouds.map((cloud) => toCloud(cloud, undefined)) };
}

/**
 * What the steps are to bring about, with what earlier ones found; without the stack nothing is known of its earlier
 * changes.
 */
export function toPlan(record: ConnectorRecord, stack: StackRecord | undefined): ConnectorPlan {
  const { request, hostMachine, waspMachine, thumbprints, issuers, sqlServers } = record;
  const {
    azureStackCloudName,
    azureStackPortalFqdn,
    urlRewrite,
    dataFiles,
    checkMachines,
    userPrincipalNames,
    approvalDays,
  } = request;
  return {
    connectorId: record.id,
    hostMachine,
    waspMachine,
    identity: request.identity,
    azureStackCloudName,
    azureStackPortalFqdn,
    package: request.package,
    ...(urlRewrite === undefined ? {} : { urlRewrite }),
    ...planShape(request),
    clouds: request.clouds.map((cloud) => toCloud(cloud, sqlServers[cloud.name])),
    dataFiles,
    checkMachines,
    userPrincipalNames,
    minimumVersions: minimumVersionsOf(request),
    ...(stack?.multiCloudOffAt === undefined ? {} : { filesSince: stack.multiCloudOffAt }),
    changedClouds: record.changedClouds,
    trustAttemptedClouds: record.trustAttemptedClouds,
    trustedClouds: record.trustedClouds,
    thumbprints,
    issuers,
    approvalDays,
  };
}

function toCloud(
  cloud: ConnectorRequest['clouds'][number],
  sqlServer: string | undefined,
): ConnectorPlan['clouds'][number] {
  const {
    spfMachine,
    vmmMachine,
    certificateThumbprint,
    directoryCredentialSecret,
    drain,
    sqlServer: given,
    ...rest
  } = cloud;
  const server = given ?? sqlServer;
  return {
    ...rest,
    ...(spfMachine === undefined ? {} : { spfMachine }),
    ...(vmmMachine === undefined ? {} : { vmmMachine }),
    ...(certificateThumbprint === undefined ? {} : { certificateThumbprint }),
    ...(directoryCredentialSecret === undefined ? {} : { directoryCredentialSecret }),
    ...(server === undefined ? {} : { sqlServer: server }),
    ...(drain === undefined ? {} : { drain: 'hookSecret' in drain ? 'hook' : 'approval' }),
  };
}
