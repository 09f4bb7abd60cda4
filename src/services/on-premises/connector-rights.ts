import { isDeepStrictEqual } from 'node:util';
import { AppError, type Problem } from '../../domain/app-error.ts';
import { isAllowed, type Role } from '../../domain/caller.ts';
import type { ConnectorRequest } from '../../domain/connector-request.ts';

/**
 * What of a connector says where credentials and data files go, what runs on machines as administrator, and which
 * addresses and certificates the two sides trust. Left to operators: names, whom and where to look up, versions, days.
 */
const decidedForAll = ['azureStackPortalFqdn', 'package', 'urlRewrite', 'privilegedEndpoint', 'dataFiles'] as const;
/** The same of each of its clouds. */
const decidedForCloud = [
  'endpoint',
  'tenantPortalFqdn',
  'tenantApiFqdn',
  'certificateThumbprint',
  'portalMachines',
  'apiMachines',
  'spfMachine',
  'vmmMachine',
  'trustMachine',
  'sqlServer',
  'sqlRunAsSecret',
  'directoryCredentialSecret',
  'drain',
] as const;

/**
 * Throws ERR_CALLER_NOT_ALLOWED, with every such field that is new or another than the one that is kept, unless an
 * administrator asks. What an administrator has decided once others may repeat: to put a connector right takes an
 * operator.
 */
export function requireDecided(request: ConnectorRequest, kept: ConnectorRequest | undefined, role: Role): void {
  if (isAllowed({ role }, 'administrator')) return;
  const paths = [
    ...decidedForAll.filter((field) => !isDeepStrictEqual(request[field], kept?.[field])).map((field) => `/${field}`),
    ...request.clouds.flatMap((cloud, index) => {
      const before = kept?.clouds.find(({ name }) => name === cloud.name);
      return decidedForCloud
        .filter((field) => !isDeepStrictEqual(cloud[field], before?.[field]))
        .map((field) => `/clouds/${index}/${field}`);
    }),
  ];
  if (paths.length === 0) return;
  const problems = paths.map((path): Problem => {
    const message =
      'An administrator decides where credentials go, what runs as administrator and whom the two sides trust.';
    return {
      path,
      code: 'needsAdministrator',
      message,
      fix: 'Leave it as it is kept, or have an administrator send it.',
    };
  });
  const named = paths.join(', ');
  throw new AppError(
    'ERR_CALLER_NOT_ALLOWED',
    `These fields need the role administrator where they are new or changed, and this key has ${role}: ${named}.`,
    { problems },
  );
}
