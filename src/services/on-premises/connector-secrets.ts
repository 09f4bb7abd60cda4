import type { Problem } from '../../domain/app-error.ts';
import { readCredentialText } from '../../domain/credential.ts';
import { type SecretReference, secretUses } from '../../domain/secret-uses.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { ConnectorRecord } from '../../stores/records/on-premises.ts';
import type { Machines } from './machines.ts';

interface NamedSecret extends SecretReference {
  readonly path: string;
  /** Where it is used; undefined: by the application itself. */
  readonly machineId?: string;
}

/**
 * The secrets of a connector that are not in Key Vault, or hold something else than they have to. Those of a machine
 * that a person works at are not looked for: that person types them.
 */
export async function connectorSecretProblems(
  record: ConnectorRecord,
  { machines, secrets }: { readonly machines: Pick<Machines, 'route'>; readonly secrets: Pick<Secrets, 'get'> },
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { path, machineId, ...secret } of namedSecrets(record)) {
    const route = machineId === undefined ? undefined : await machines.route(machineId);
    if (route?.connection.manual === true) continue;
    const value = (await secrets.get(secret))?.value;
    const message =
      value === undefined ? `Key Vault has no enabled secret ${secret.name}.` : contentProblem(secret, value);
    if (message !== undefined) {
      problems.push({ path, code: 'secretMissing', message, fix: 'Set it in Key Vault, then resume the operation.' });
    }
  }
  return problems;
}

function contentProblem({ use, name }: SecretReference, value: string): string | undefined {
  if (secretUses[use].form === 'credential' && readCredentialText(value) === undefined) {
    return `Secret ${name} is not {"username","password"} in JSON.`;
  }
  if (use === 'drainHook' && !isHookAddress(value)) return `Secret ${name} holds no https address.`;
  return undefined;
}

/** Whether a load balancer's hook can be called at this address. */
export function isHookAddress(text: string): boolean {
  return URL.parse(text)?.protocol === 'https:';
}

function namedSecrets({ hostMachine, request }: ConnectorRecord): readonly NamedSecret[] {
  const { privilegedEndpoint, dataFiles, clouds } = request;
  return [
    {
      path: '/privilegedEndpoint/credentialSecret',
      use: 'account',
      name: privilegedEndpoint.credentialSecret,
      machineId: hostMachine,
    },
    { path: '/dataFiles/credentialSecret', use: 'account', name: dataFiles.credentialSecret, machineId: hostMachine },
    ...clouds.flatMap(({ sqlRunAsSecret, directoryCredentialSecret, trustMachine, drain }, index): NamedSecret[] => [
      {
        path: `/clouds/${index}/sqlRunAsSecret`,
        use: 'runAsAccount',
        name: sqlRunAsSecret,
        machineId: trustMachine,
      },
      ...(directoryCredentialSecret === undefined
        ? []
        : [
            {
              path: `/clouds/${index}/directoryCredentialSecret`,
              use: 'account' as const,
              name: directoryCredentialSecret,
              machineId: trustMachine,
            },
          ]),
      ...(drain !== undefined && 'hookSecret' in drain
        ? [{ path: `/clouds/${index}/drain/hookSecret`, use: 'drainHook' as const, name: drain.hookSecret }]
        : []),
    ]),
  ];
}
