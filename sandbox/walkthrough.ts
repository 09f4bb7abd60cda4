import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { StackInfo } from './supervisor/stack-info.ts';
import { type AppClient, createAppClient } from './walkthrough/app-client.ts';
import { createProgress, type Progress } from './walkthrough/progress.ts';
import { whyNoRealClient } from './walkthrough/real-client.ts';
import { makeSigningRequest } from './walkthrough/signing-request.ts';
import { enter, expectRefusal, waitUntilCut } from './walkthrough/vpn-visit.ts';

const rootId = 'walkthrough-root';
const owner = 'ann@example.com';
/** The address in the example's VNet that answers pings: the first that Azure does not keep for itself. */
const insideAddress = '10.1.0.4';
const stepsTotal = 9;

const planSchema = z.looseObject({ name: z.string() });
const gatewaySchema = z.object({ state: z.string(), lastOperation: z.string().optional() });
const certificateSchema = z.object({
  thumbprint: z.string(),
  subject: z.object({ commonName: z.string() }),
  notBefore: z.string(),
});
const profileSchema = z.object({ serverFqdn: z.string() });
const kitSchema = z.object({ fileName: z.string(), content: z.string(), keyFileName: z.string() });
const rootSchema = z.object({ keyId: z.string().optional(), state: z.string() });

interface Walk {
  readonly stack: StackInfo;
  readonly app: AppClient;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/**
 * Walks the example of seed 002 through the app's public routes: gateway built, root trusted, certificate issued,
 * client in (where VPN gateways run), certificate revoked, client out. Run again, it goes on with the gateway and root
 * that are there and issues another certificate. Throws with the step's own words when one fails.
 */
export async function runWalkthrough(stack: StackInfo, signal: AbortSignal): Promise<void> {
  const progress = createProgress(stepsTotal);
  const walk: Walk = { stack, app: createAppClient(stack, signal), progress, signal };
  const report = await walkThrough(walk).finally(() => {
    progress.end();
  });
  console.log(`\n${report.join('\n')}`);
}

async function walkThrough(walk: Walk): Promise<string[]> {
  const { app, progress } = walk;
  const plan = readPlan();
  const gatewayId = plan.name.toLowerCase();

  progress.step('check the plan of examples/vnet1-powershell.json');
  await app.call('POST', '/api/gateway-preflights', plan);

  progress.step(`build gateway ${gatewayId}`);
  await ensureGateway(walk, gatewayId, plan);

  progress.step(`make root ${rootId}, its key in Key Vault`);
  const keyId = await ensureRoot(walk);

  progress.step(`have ${gatewayId} trust ${rootId}`);
  await followCall(walk, 'PUT', `/api/gateways/${gatewayId}/roots/${rootId}`, {});

  progress.step(`issue a certificate to ${owner} from a signing request`);
  const { keyPem, csrPem } = await makeSigningRequest();
  const order = { rootId, owner, csr: csrPem };
  const certificate = certificateSchema.parse((await app.call('POST', '/api/certificates', order)).body);
  const { thumbprint, subject, notBefore } = certificate;

  progress.step('fetch the VPN profile and make the OpenVPN kit');
  await followCall(walk, 'POST', `/api/gateways/${gatewayId}/profile`, {});
  const profile = profileSchema.parse((await app.call('GET', `/api/gateways/${gatewayId}/profile`)).body);
  const kitOrder = { gatewayId, platform: 'openvpn2' };
  const kit = kitSchema.parse((await app.call('POST', `/api/certificates/${thumbprint}/kits`, kitOrder)).body);
  const files = writeKit(dirname(walk.stack.ca), kit, keyPem);

  const vpn = await useVpn(walk, {
    notBefore,
    visit: { stackDir: dirname(walk.stack.ca), fqdn: profile.serverFqdn, ovpnFile: files.ovpnFile },
    revoke: () => followCall(walk, 'POST', `/api/certificates/${thumbprint}/revoke`, { reason: 'lost' }),
  });
  return [
    `gateway      ${gatewayId} (${profile.serverFqdn})`,
    `root         ${rootId}, key ${keyId}: it never left Key Vault`,
    `certificate  ${thumbprint}, ${subject.commonName}, revoked`,
    `files        ${files.ovpnFile} and its key ${files.keyFile}`,
    ...vpn.map((line) => `client       ${line}`),
    `The stack runs on: ${walk.stack.app.url}, keys in ${join(dirname(walk.stack.ca), 'stack.json')}. Ctrl-C ends it.`,
  ];
}

function readPlan(): z.infer<typeof planSchema> {
  const file = resolve(import.meta.dirname, '..', 'examples', 'vnet1-powershell.json');
  return planSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** Builds the gateway, or follows the build that an earlier walk has begun. */
async function ensureGateway(walk: Walk, gatewayId: string, plan: unknown): Promise<void> {
  const existing = await walk.app.call('GET', `/api/gateways/${gatewayId}`, undefined, { mayBeMissing: true });
  if (existing.status === 404) {
    await followCall(walk, 'POST', '/api/gateways', plan);
    return;
  }
  const { state, lastOperation } = gatewaySchema.parse(existing.body);
  if (state === 'ready') walk.progress.within(100, 'it is there already');
  else if (lastOperation !== undefined) await followCall(walk, 'GET', `/api/operations/${lastOperation}`);
}

async function ensureRoot({ app }: Walk): Promise<string> {
  const existing = await app.call('GET', `/api/roots/${rootId}`, undefined, { mayBeMissing: true });
  const subject = { commonName: 'Walkthrough VPN root' };
  const root = existing.status === 404 ? await app.call('POST', '/api/roots', { id: rootId, subject }) : existing;
  return rootSchema.parse(root.body).keyId ?? 'still being made';
}

async function followCall(walk: Walk, method: string, path: string, body?: unknown): Promise<void> {
  const { app, progress } = walk;
  const started = await app.call(method, path, body);
  await app.follow(started.body, {
    onProgress: (operation) => {
      const step = operation.steps.find(({ status }) => status === 'running' || status === 'waiting');
      const detail = step === undefined ? operation.status : [step.name, step.detail].filter(Boolean).join(', ');
      progress.within(operation.percent, detail);
    },
  });
}

/** The key is the user's: it goes beside the profile, readable by this user alone, and nowhere else. */
function writeKit(
  directory: string,
  kit: z.infer<typeof kitSchema>,
  keyPem: string,
): { readonly ovpnFile: string; readonly keyFile: string } {
  const folder = join(directory, 'walkthrough');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = { ovpnFile: join(folder, kit.fileName), keyFile: join(folder, kit.keyFileName) };
  writeFileSync(files.ovpnFile, kit.content, { mode: 0o600 });
  writeFileSync(files.keyFile, keyPem, { mode: 0o600 });
  return files;
}

/** The last three steps; where no real client can take part the certificate is revoked all the same. */
async function useVpn(
  walk: Walk,
  options: {
    readonly notBefore: string;
    readonly visit: Parameters<typeof enter>[0];
    readonly revoke: () => Promise<void>;
  },
): Promise<string[]> {
  const { progress, signal } = walk;
  const vpnRuns = walk.stack.processes['vpn'] !== undefined;
  const obstacle = whyNoRealClient({ vpnRuns, notBefore: options.notBefore, now: new Date() });
  if (obstacle !== undefined) {
    progress.step('connect a real OpenVPN client: left out');
    progress.step('revoke the certificate');
    await options.revoke();
    progress.step('see the client put out and refused: left out');
    return [`not tried: ${obstacle}`];
  }
  progress.step('connect a real OpenVPN client');
  const client = await enter(options.visit, signal);
  try {
    if (!(await client.ping(insideAddress))) throw new Error(`no answer from ${insideAddress} through the tunnel`);
    progress.step('revoke the certificate');
    await options.revoke();
    progress.step('see the client put out and refused');
    await waitUntilCut(client, signal);
  } finally {
    await client.stop();
  }
  const { reason } = await expectRefusal(options.visit);
  return [
    `connected as ${client.address}, ${insideAddress} answered through the tunnel`,
    `after the revocation its session was cut and it was refused: ${reason}`,
  ];
}
