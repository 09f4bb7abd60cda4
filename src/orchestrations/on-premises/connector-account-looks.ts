import { connectorSteps as steps } from '../../contracts/on-premises/connector-steps.ts';
import type { ConnectorCloud, ConnectorPlan } from '../../contracts/on-premises/connectors.ts';
import type { Problem } from '../../domain/app-error.ts';
import type { Steps } from '../operations/call-activity.ts';
import { trustRequest } from './connect-apis.ts';
import { allWell, type Findings, judged, type Look, look } from './connector-looks.ts';
import type { Procedure } from './procedure.ts';
import { on } from './step-request.ts';

/** A look as somebody: with the account in this secret. */
interface AccountLook extends Look {
  readonly secret: string;
}

/**
 * What only an account gets to see: the users in the directories of both sides, and whether the account of W31 gets at
 * the SQL server and is who it has to be there. One after the other: a password that was refused once is not tried at
 * the next place, or the account is locked out. What cannot be looked at is a warning.
 */
export function* lookWithAccounts(
  procedure: Procedure,
  plan: ConnectorPlan,
  knownPaths: ReadonlySet<string>,
): Steps<readonly Findings[]> {
  const looks = [...userLooks(plan), ...plan.clouds.map((cloud, index) => serverLook(cloud, index))];
  const findings: Findings[] = [];
  const refused = new Set<string>();
  for (const wanted of looks) {
    if ('code' in wanted) {
      findings.push({ errors: [], warnings: [wanted] });
      continue;
    }
    // Said already: the secret is not there.
    if (knownPaths.has(wanted.path) || refused.has(wanted.secret)) continue;
    const result = yield* procedure.attempt(wanted.request, 'probe');
    if (result.outcome === 'refused' && result.code === 'authFailed') refused.add(wanted.secret);
    findings.push(judged(wanted, result));
  }
  return findings;
}

function userLooks(plan: ConnectorPlan): readonly (AccountLook | Problem)[] {
  const { userPrincipalNames, identity, hostMachine, dataFiles, clouds } = plan;
  if (userPrincipalNames.length === 0) return [];
  const inStack = { where: 'the directory of Azure Stack', machineId: hostMachine };
  return [
    identity === 'entra'
      ? usersNotLookedAt(
          `in ${inStack.where}: with Microsoft Entra ID it is none of its own.`,
          'Look for them in Microsoft Entra ID.',
        )
      : userLook(plan, { ...inStack, path: '/dataFiles/credentialSecret', secret: dataFiles.credentialSecret }),
    ...clouds.map(({ name, directoryCredentialSecret: secret, trustMachine }, index) => {
      const where = `the directory of cloud ${name}`;
      return secret === undefined
        ? usersNotLookedAt(
            `in ${where}: the cloud names no directoryCredentialSecret.`,
            'Name one, or look for them there by hand.',
          )
        : userLook(plan, {
            where,
            machineId: trustMachine,
            path: `/clouds/${index}/directoryCredentialSecret`,
            secret,
          });
    }),
  ];
}

function userLook(
  { userPrincipalNames }: ConnectorPlan,
  {
    where,
    machineId,
    path,
    secret,
  }: { readonly where: string; readonly machineId: string; readonly path: string; readonly secret: string },
): AccountLook {
  const request = on(machineId)(steps.findUsers, { userPrincipalNames }, { secrets: { credential: secret } });
  return {
    ...look(path, request, ({ missing = [] }) => ({ errors: [], warnings: missingUsers(missing, where) })),
    secret,
    // A machine without the tools for it keeps nobody from connecting.
    excuse: ({ code, message }) =>
      code === 'precondition' ? usersNotLookedAt(`in ${where}: ${message}`, 'Look for them there by hand.') : undefined,
  };
}

function missingUsers(names: readonly string[], where: string): readonly Problem[] {
  return names.map((name) => ({
    path: usersPath,
    code: 'userMissing',
    message: `${name} does not exist in ${where}.`,
    fix: 'Whoever uses both clouds needs the same user principal name in both.',
  }));
}

const usersPath = '/userPrincipalNames';

function usersNotLookedAt(why: string, fix: string): Problem {
  return { path: usersPath, code: 'notLookedAt', message: `The users were not looked up ${why}`, fix };
}

/**
 * Asks for a token service that nobody trusts: whether the server opens, to whom, and with which database is all that
 * counts.
 */
function serverLook(cloud: ConnectorCloud, index: number): AccountLook | Problem {
  const { name, sqlServer, sqlRunAsSecret: secret } = cloud;
  if (sqlServer === undefined) {
    return {
      path: `/clouds/${index}/sqlServer`,
      code: 'notLookedAt',
      message: `Whether the account that sets up the trust can sign in to the SQL server of cloud ${name} was not looked at: the server is found only later.`,
      fix: 'Name sqlServer in the request to have it looked at before anything is changed.',
    };
  }
  const path = `/clouds/${index}/sqlRunAsSecret`;
  return { ...look(path, trustRequest(cloud, nobodysFile, sqlServer), () => allWell), secret };
}

const nobodysFile = {
  fileName: 'none.txt',
  sha256: '0'.repeat(64),
  realm: 'urn:gatehouse:nobody',
  signingThumbprint: '0'.repeat(40),
};
