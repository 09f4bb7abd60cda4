import { app } from '@azure/functions';
import { DefaultAzureCredential } from '@azure/identity';
import * as df from 'durable-functions';
import { createCertificateServices } from './composition/certificate-services.ts';
import { registerCertificates } from './composition/certificates.ts';
import { type Core, createCore } from './composition/core.ts';
import { createFollow } from './composition/deliver-soon.ts';
import { createGatewayServices } from './composition/gateway-services.ts';
import { registerGateways } from './composition/gateways.ts';
import type { Parts } from './composition/host.ts';
import { registerHttp } from './composition/http.ts';
import { createInvocationLog } from './composition/invocation-log.ts';
import { createOnPremises, registerProcedures } from './composition/on-premises.ts';
import { registerOperations } from './composition/operations.ts';
import { warnOf } from './composition/warn-of.ts';
import { registerWatches } from './composition/watches.ts';
import { readSettings, type Settings, type SettingsReading } from './config/settings.ts';
import { startTracing } from './tracing/start-tracing.ts';

// The only module that reads the environment. It makes each part once and registers them with the host.

const durableClient = df.input.durableClient();
const reading = readSettings();
const { settings } = reading;
const parts = createParts();

startTracing(app.hook, settings.otlpEndpoint);
startReadiness(parts.core, reading);
registerHttp(parts, durableClient);
registerWatches(parts, settings, durableClient);
registerOperations(parts.core);
registerCertificates(parts.certificates);
registerGateways(parts.core, parts.gateways);
registerProcedures(parts.core, parts.onPremises, settings);

function createParts(): Parts {
  const credential = createCredential(settings);
  const core = createCore(reading, credential, createInvocationLog(app.hook));
  const certificates = createCertificateServices(core, { follow: createFollow(core.deliverSoon) });
  const gateways = createGatewayServices(core, certificates, settings.subscriptionId);
  return { core, certificates, gateways, onPremises: createOnPremises(core, certificates, settings, credential) };
}

function createCredential({ authorityHost }: Settings): DefaultAzureCredential {
  return new DefaultAzureCredential(
    authorityHost === undefined ? {} : { authorityHost, disableInstanceDiscovery: true },
  );
}

/**
 * Storage and secrets are looked for at the start. Whatever is missing then, the application starts, and requests are
 * told.
 */
function startReadiness({ readiness, dependencies }: Core, { faults }: SettingsReading): void {
  for (const { name, message } of faults) process.emitWarning(`setting ${name} is missing or malformed: ${message}`);
  app.hook.appStart(async () => {
    await readiness.missing();
    // Not waited for, nor left to the timer: whoever starts the service asks for its health at once.
    dependencies.look().catch((error: unknown) => {
      warnOf('first look at the dependencies', error);
    });
  });
}
