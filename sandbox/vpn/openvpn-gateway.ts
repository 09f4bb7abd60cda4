import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstVnetAddress, ipv4Prefixes } from './address-plan.ts';
import { chainDigests, type ClientEvent, createClientEventReader, isClientAuthFirst } from './client-events.ts';
import { type ClientPolicy, decideClient, policyOf, toThumbprint } from './client-policy.ts';
import { endProcess } from './end-process.ts';
import type { EstablishedClient, GatewayServer, GatewayServerOptions } from './gateway-server.ts';
import type { VpnGatewayState } from './gateway-state.ts';
import { type ManagementChannel, openManagementChannel } from './management-channel.ts';
import { createNamespace, deleteNamespace, plugIntoInternet } from './namespaces.ts';
import { runCommand } from './run-command.ts';
import { gatewayFiles, renderServerConfig } from './server-config.ts';
import { TrustFolder } from './trust-folder.ts';

const startDeadlineMs = 15_000;

/** One OpenVPN server in its own namespace, and the policy that decides who may come in. */
export class OpenVpnGateway implements GatewayServer {
  readonly #options: GatewayServerOptions;
  readonly #trust: TrustFolder;
  readonly #log: NodeJS.WritableStream;
  readonly #thumbprints = new Map<string, string>();
  #policy: ClientPolicy;
  #channel: ManagementChannel | undefined;
  #process: ChildProcess | undefined;
  #address = '';
  #started: (() => void) | undefined;
  #stopping = false;

  private constructor(options: GatewayServerOptions) {
    this.#options = options;
    this.#policy = policyOf(options.state);
    mkdirSync(options.folder, { mode: 0o700 });
    this.#trust = new TrustFolder(join(options.folder, gatewayFiles.roots));
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  /** Makes the namespace and starts OpenVPN in it; resolves when clients may connect. Leaves nothing when it fails. */
  static async start(options: GatewayServerOptions): Promise<OpenVpnGateway> {
    const gateway = new OpenVpnGateway(options);
    try {
      await gateway.#prepareNetwork();
      await gateway.#prepareFiles();
      await gateway.#launch();
      return gateway;
    } catch (error) {
      await gateway.stop();
      throw error;
    }
  }

  /** Its address in the Internet namespace. */
  get address(): string {
    return this.#address;
  }

  /** Decides by this state from now on. Sessions that are up stay up. */
  setPolicy(state: VpnGatewayState): void {
    this.#policy = policyOf(state);
  }

  /** Makes the state's roots usable for new connections; drops the clients only where OpenVPN has to start anew. */
  async setRoots(state: VpnGatewayState): Promise<void> {
    if ((await this.#trust.apply(state.roots)) === 'live') return;
    this.#note('two roots have had the same subject: OpenVPN starts anew to see both, all clients reconnect');
    this.#process?.kill('SIGHUP');
  }

  /** Tells the client to end and not to come back by itself. */
  disconnect(cid: string): void {
    this.#channel?.send(`client-kill ${cid} HALT`);
  }

  /** Ends OpenVPN and removes namespace and files. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await endProcess(this.#process);
    await this.#channel?.close();
    await deleteNamespace(this.#options.namespace);
    rmSync(this.#options.folder, { recursive: true, force: true });
    this.#log.end();
  }

  async #prepareNetwork(): Promise<void> {
    const { namespace, internet, state } = this.#options;
    await createNamespace(namespace);
    this.#address = await plugIntoInternet(internet, namespace);
    const [vnet] = ipv4Prefixes(state.vnetPrefixes);
    if (vnet !== undefined) {
      await runCommand('ip', ['-n', namespace, 'addr', 'add', `${firstVnetAddress(vnet)}/32`, 'dev', 'lo']);
    }
  }

  async #prepareFiles(): Promise<void> {
    const { folder, state } = this.#options;
    const files = [
      [gatewayFiles.config, renderServerConfig(state)],
      [gatewayFiles.certificate, state.serverCertificatePem],
      [gatewayFiles.key, state.serverKeyPem],
      [gatewayFiles.tlsAuth, state.tlsAuthKey],
    ] as const;
    for (const [name, text] of files) writeFileSync(join(folder, name), `${text.trimEnd()}\n`, { mode: 0o600 });
    await this.#trust.apply(state.roots);
  }

  async #launch(): Promise<void> {
    const { folder, namespace } = this.#options;
    const readEvent = createClientEventReader((event) => {
      this.#onClientEvent(event);
    });
    this.#channel = await openManagementChannel({
      path: join(folder, gatewayFiles.management),
      onConnect: () => this.#channel?.send('state on all'),
      onLine: (line) => {
        // `state on all` also replays, without the mark of an event, what was before.
        if (/^(>STATE:)?\d+,CONNECTED,/.test(line)) this.#started?.();
        readEvent(line);
      },
    });
    const child = spawn('ip', ['netns', 'exec', namespace, 'openvpn', '--config', gatewayFiles.config], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    await this.#waitUntilStarted(child);
    child.once('exit', () => {
      if (!this.#stopping) this.#options.onDied();
    });
  }

  #waitUntilStarted(child: ChildProcess): Promise<void> {
    const { state, logFile } = this.#options;
    return new Promise((resolve, reject) => {
      function fail(why: string): void {
        clearTimeout(timer);
        reject(new Error(`gateway ${state.fqdn}: OpenVPN ${why}, see ${logFile}`));
      }
      const timer = setTimeout(fail, startDeadlineMs, 'does not start');
      child.once('error', (error) => {
        fail(error.message);
      });
      child.once('exit', () => {
        fail('ended at its start');
      });
      this.#started = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #onClientEvent(event: ClientEvent): void {
    switch (event.kind) {
      case 'CONNECT':
      case 'REAUTH':
        this.#answer(event);
        break;
      case 'ESTABLISHED':
        this.#options.onEstablished(this.#toClient(event));
        break;
      case 'DISCONNECT':
        this.#thumbprints.delete(event.cid);
        this.#options.onDisconnected(event.cid);
        break;
    }
  }

  #answer(event: ClientEvent): void {
    const chain = chainDigests(event.environment).map(toThumbprint);
    const client = { chain, isClientAuthFirst: isClientAuthFirst(event.environment) };
    const decision = decideClient(this.#policy, client);
    const who = `${event.environment['common_name'] ?? ''} (${chain[0] ?? 'no certificate'})`;
    const call = `${event.cid} ${event.kid ?? ''}`;
    if (decision.outcome === 'accepted') {
      this.#thumbprints.set(event.cid, chain[0] ?? '');
      this.#note(`accepted ${who}`);
      this.#channel?.send(`client-auth-nt ${call}`);
    } else {
      this.#note(`refused ${who}: ${decision.reason}`);
      this.#channel?.send(`client-deny ${call} "${decision.reason}" "${decision.reason}"`);
    }
  }

  #toClient({ cid, environment }: ClientEvent): EstablishedClient {
    return {
      cid,
      commonName: environment['common_name'] ?? '',
      thumbprint: this.#thumbprints.get(cid) ?? '',
      publicIp: `${environment['trusted_ip'] ?? ''}:${environment['trusted_port'] ?? ''}`,
      privateIp: environment['ifconfig_pool_remote_ip'] ?? '',
    };
  }

  #note(text: string): void {
    this.#log.write(`gatehouse: ${text}\n`);
  }
}
