import type * as references from '../../contracts/on-premises/connectors.ts';
import type { ActivitiesOf } from '../../contracts/operations/activity.ts';
import { AppError } from '../../domain/app-error.ts';
import type { Refusal } from '../../domain/failure.ts';
import type { ProblemCode } from '../../domain/problem-codes.ts';
import type { Secrets } from '../../ports/secrets.ts';
import type { SendWebhook } from '../../ports/webhooks.ts';
import { connectorSecretProblems, isHookAddress } from '../../services/on-premises/connector-secrets.ts';
import type { Connectors } from '../../services/on-premises/connectors.ts';
import type { Machines } from '../../services/on-premises/machines.ts';
import { matchFiles } from '../../services/on-premises/match-data-files.ts';
import type { Expiries } from '../../services/operations/expiries.ts';
import type { OnPremisesStores } from '../../stores/on-premises-stores.ts';
import { connectorKeys, type ConnectorRecord } from '../../stores/records/on-premises.ts';

type ConnectorActivities = ActivitiesOf<
  Pick<
    typeof references,
    | 'readConnectorPlan'
    | 'bindConnector'
    | 'checkConnectorSecrets'
    | 'matchDataFiles'
    | 'callDrainHook'
    | 'noteConnector'
  >
>;

export interface ConnectorActivitiesOptions {
  readonly stores: OnPremisesStores;
  readonly connectors: Pick<Connectors, 'plan' | 'get' | 'bind'>;
  readonly machines: Pick<Machines, 'route'>;
  readonly expiries: Pick<Expiries, 'put'>;
  readonly secrets: Pick<Secrets, 'get' | 'remove'>;
  readonly send: SendWebhook;
  readonly now: () => Date;
}

type KeptFile = Pick<references.CloudDataFile, 'secretName'>;

const hookTimeoutMs = 30_000;
const hookRetrySeconds = 15;
/** A hook that asks for a longer wait is called again nevertheless. */
const hookRetryMaxSeconds = 300;

/** What the connector's procedures read from the stores and note in them, and the load balancer's hook. */
export function createConnectorActivities(options: ConnectorActivitiesOptions): ConnectorActivities {
  const { stores, connectors, secrets, expiries, now } = options;

  async function note(id: string, change: (record: ConnectorRecord) => Partial<ConnectorRecord>): Promise<void> {
    await stores.connectors.update(connectorKeys(id), (record) => ({
      ...record,
      ...change(record),
      updatedAt: now().toISOString(),
    }));
  }

  /** Files of former runs and of other clouds, collected because their names say nothing: their bytes are not kept. */
  async function removeOthers(kept: readonly KeptFile[], all: readonly KeptFile[]): Promise<void> {
    const names = new Set(all.map(({ secretName }) => secretName));
    for (const { secretName } of kept) names.delete(secretName);
    for (const name of names) await secrets.remove({ use: 'dataFile', name });
  }

  return {
    readConnectorPlan: ({ connectorId }) => connectors.plan(connectorId),

    bindConnector: ({ connectorId }) => connectors.bind(connectorId),

    checkConnectorSecrets: async ({ connectorId }) => {
      const record = await connectors.get(connectorId);
      return record === undefined ? [] : connectorSecretProblems(record, options);
    },

    matchDataFiles: async ({ connectorId, collected }) => {
      const record = await connectors.get(connectorId);
      if (record === undefined) return refused('precondition', `There is no connector ${connectorId}.`);
      const matched = await matchFiles(record.request.clouds, collected, { secrets, now: now() });
      const files = matched.outcome === 'matched' ? matched.files : record.files;
      await removeOthers(files, [...collected, ...record.files]);
      if (matched.outcome === 'refused') return matched;
      await note(connectorId, () => ({ files: [...matched.files] }));
      for (const { cloud, notAfter, signingThumbprint } of matched.files) {
        const subject = `Token-signing certificate of Azure Stack, trusted by cloud ${cloud}`;
        await expiries.put({
          kind: 'signing-certificate',
          id: `${connectorId}.${cloud}.${signingThumbprint}`,
          notAfter,
          subject,
        });
      }
      return matched;
    },

    callDrainHook: async ({ connectorId, cloud: name, machineId, action }) => {
      const record = await connectors.get(connectorId);
      const drain = record?.request.clouds.find((cloud) => cloud.name === name)?.drain;
      if (drain === undefined || !('hookSecret' in drain)) return refused('precondition', `Cloud ${name} has no hook.`);
      const url = (await secrets.get({ use: 'drainHook', name: drain.hookSecret }))?.value;
      if (url === undefined || !isHookAddress(url)) {
        return refused('precondition', `Secret ${drain.hookSecret} holds no https address.`);
      }
      return callHook(options.send, url, { connector: connectorId, cloud: name, machine: machineId, action });
    },

    noteConnector: async ({ connectorId, warnings, thumbprints, issuers, sqlServer, ...trust }) => {
      await note(connectorId, (record) => ({
        ...(warnings === undefined ? {} : { warnings: [...warnings] }),
        ...(thumbprints === undefined ? {} : { thumbprints: { ...thumbprints } }),
        ...(issuers === undefined ? {} : { issuers: [...issuers] }),
        ...(sqlServer === undefined ? {} : { sqlServers: { ...record.sqlServers, [sqlServer.cloud]: sqlServer.name } }),
        trustAttemptedClouds: changedNames(record.trustAttemptedClouds, trust.trustAttempted, trust.untrustedCloud),
        trustedClouds: changedNames(record.trustedClouds, trust.trustedCloud, trust.untrustedCloud),
      }));
      return null;
    },
  };
}

function changedNames(names: readonly string[], added?: string, removed?: string): string[] {
  return [...new Set([...names, ...(added === undefined ? [] : [added])])].filter((name) => name !== removed);
}

type HookAnswer = Awaited<ReturnType<ConnectorActivities['callDrainHook']>>;

/**
 * 2xx is done, 202, 429 and 5xx ask to be called again, everything else is a refusal. The address is a secret: never in
 * a message.
 */
async function callHook(send: SendWebhook, url: string, order: object): Promise<HookAnswer> {
  try {
    const { status, retryAfter } = await send({
      url,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
      timeoutMs: hookTimeoutMs,
    });
    const seconds = Number(retryAfter ?? hookRetrySeconds);
    const wait = {
      outcome: 'wait',
      seconds: seconds > 0 ? Math.min(seconds, hookRetryMaxSeconds) : hookRetrySeconds,
    } as const;
    if (status === 202 || status === 429 || status >= 500) return { ...wait, reason: `The hook answers ${status}.` };
    return status >= 200 && status < 300 ? { outcome: 'done' } : refused('toolFailed', `The hook answers ${status}.`);
  } catch (error) {
    if (error instanceof AppError) return refused('precondition', `The hook is not called. ${error.message}`);
    return { outcome: 'wait', seconds: hookRetrySeconds, reason: 'The hook does not answer.' };
  }
}

function refused(code: ProblemCode, message: string): Refusal {
  return { outcome: 'refused', code, message };
}
