import { join } from 'node:path';
import { readClockOffsetMs } from './clock-file.ts';
import { durableClientFile } from './durable-choice.ts';
import { describeStack, type StackInfo } from './stack-info.ts';
import type { StackPlan } from './stack-plan.ts';

/**
 * Nothing else of the user's environment reaches the stack: a proxy would take the loopback calls, and settings of a
 * real Azure account would send the app there.
 */
const passedOn = ['PATH', 'HOME', 'TMPDIR', 'TMP', 'TEMP', 'LANG', 'LC_ALL', 'TZ', 'SystemRoot', 'USERPROFILE'];

/** What every child gets. */
export function commonEnvironment(plan: StackPlan): Record<string, string> {
  const own = passedOn.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(own),
    NODE_EXTRA_CA_CERTS: plan.ca.caFile,
    // Compiling is a fifth of a start; npm ci takes the folder away.
    NODE_COMPILE_CACHE: join(plan.root, 'node_modules', '.cache', 'compiled'),
    NO_PROXY: 'localhost,127.0.0.1',
  };
}

/** Settings of the process that holds the emulators of Azure; ports and keys it reads from the stack's folder. */
export function cloudEnvironment(plan: StackPlan): Record<string, string> {
  const { options } = plan;
  return {
    ...commonEnvironment(plan),
    SANDBOX_DIR: options.directory,
    SANDBOX_SPEED: String(options.speed),
    SANDBOX_RECORD: options.record ? 'true' : '',
    SANDBOX_NOISE: options.noise === undefined ? '' : String(options.noise),
    SANDBOX_WINDOWS: options.with.includes('windows') ? 'true' : '',
    SANDBOX_SSHD: process.env['SANDBOX_SSHD'] ?? 'auto',
  };
}

/** Settings of the runtime and of the app that it loads. */
export function runtimeEnvironment(plan: StackPlan): Record<string, string> {
  const { options, ports, secrets } = plan;
  const info = describeStack({ ports, secrets, caFile: plan.ca.caFile, processes: {} });
  return {
    ...commonEnvironment(plan),
    ...appSettings(plan, info),
    ...exporterSettings(),
    GATEHOUSE_USUAL_TIME_DIVISOR: String(options.speed),
    SANDBOX_APP_DIR: options.appDirectory,
    SANDBOX_PORT: String(ports.runtime),
    SANDBOX_DATA_DIR: join(options.directory, 'runtime'),
    SANDBOX_MASTER_KEY: secrets.masterKey,
    SANDBOX_DURABLE_KEY: secrets.durableKey,
    SANDBOX_EVENTGRID_KEY: secrets.eventGridKey,
    SANDBOX_CONTROL_KEY: secrets.controlKey,
    SANDBOX_CLOCK_OFFSET_MS: String(readClockOffsetMs(options.directory)),
    SANDBOX_QUIRKS: options.quirks,
    ...(options.durable === 'extension' ? { SANDBOX_DURABLE_CLIENT_FILE: durableClientFile(options.directory) } : {}),
    WEBSITE_HOSTNAME: `127.0.0.1:${ports.runtime}`,
  };
}

/**
 * Settings of the real Durable Task extension, which stands for the Functions host: it reads the app's settings too.
 */
export function extensionEnvironment(plan: StackPlan): Record<string, string> {
  const { ports, secrets, ca } = plan;
  const info = describeStack({ ports, secrets, caFile: ca.caFile, processes: {} });
  return {
    ...runtimeEnvironment(plan),
    SANDBOX_RUNTIME_URL: info.app.url,
    AzureWebJobsStorage: info.storage.connectionString,
    FUNCTIONS_WORKER_RUNTIME: 'node',
    // Where .NET looks for authorities, as NODE_EXTRA_CA_CERTS is for Node.
    SSL_CERT_FILE: ca.caFile,
  };
}

/** Where spans are sent to is a wish of whoever starts the stack: they have a collector of their own. */
function exporterSettings(): Record<string, string> {
  const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  return endpoint === '' ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
}

function appSettings(plan: StackPlan, info: StackInfo): Record<string, string> {
  const { ports, secrets } = plan;
  return {
    GATEHOUSE_TABLE_URL: info.storage.tableUrl,
    GATEHOUSE_BLOB_URL: info.storage.blobUrl,
    GATEHOUSE_VAULT_URL: info.keyVault.url,
    GATEHOUSE_APP_VAULT_URL: info.appVault.url,
    GATEHOUSE_ARM_URL: info.arm.url,
    GATEHOUSE_SUBSCRIPTION_ID: secrets.subscriptionId,
    GATEHOUSE_TASK_HUB: 'Gatehouse',
    // The webhook's receiver is on this machine.
    GATEHOUSE_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    AZURE_TENANT_ID: secrets.tenantId,
    AZURE_CLIENT_ID: secrets.clientId,
    AZURE_CLIENT_SECRET: secrets.clientSecret,
    AZURE_AUTHORITY_HOST: `https://localhost:${ports.identity}`,
  };
}
