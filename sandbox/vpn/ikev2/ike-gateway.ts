import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { firstVnetAddress, ipv4Prefixes } from '../address-plan.ts';
import { endProcess } from '../end-process.ts';
import type { EstablishedClient, GatewayServer, GatewayServerOptions } from '../gateway-server.ts';
import type { VpnGatewayState } from '../gateway-state.ts';
import { createNamespace, deleteNamespace, plugIntoInternet } from '../namespaces.ts';
import { runCommand, tryCommand } from '../run-command.ts';
import type { AuthenticatorEvent } from './authenticator-events.ts';
import { renderCharonConfig, renderConnections } from './charon-config.ts';

const charonProgram = '/usr/lib/ipsec/charon';
/** They say only that something hangs. */
const startDeadlineMs = 60_000;
const pollMs = 20;

/** One strongSwan gateway in its own namespace, and beside it the process that decides who may come in. */
export class IkeGateway implements GatewayServer {
  readonly #options: GatewayServerOptions;
  readonly #log: NodeJS.WritableStream;
  readonly #accepted = new Map<number, Pick<EstablishedClient, 'commonName' | 'thumbprint'>>();
  #charon: ChildProcess | undefined;
  #authenticator: ChildProcess | undefined;
  #address = '';
  #stopping = false;
  #policyWaits: (() => void)[] = [];

  private constructor(options: GatewayServerOptions) {
    this.#options = options;
    for (const folder of ['', 'run', 'swanctl/x509', 'swanctl/private']) {
      mkdirSync(join(options.folder, folder), { recursive: true, mode: 0o700 });
    }
    this.#log = createWriteStream(options.logFile, { flags: 'a' });
  }

  static async start(options: GatewayServerOptions): Promise<IkeGateway> {
    const gateway = new IkeGateway(options);
    try {
      await gateway.#prepareNetwork();
      gateway.#prepareFiles();
      await gateway.#launch();
      return gateway;
    } catch (error) {
      await gateway.stop();
      throw error;
    }
  }

  get address(): string {
    return this.#address;
  }

  setPolicy(state: VpnGatewayState): void {
    if (this.#authenticator?.connected === true) this.#authenticator.send(state);
  }

  /** Roots are part of the policy: nothing has to start anew. */
  setRoots(state: VpnGatewayState): Promise<void> {
    this.setPolicy(state);
    return Promise.resolve();
  }

  disconnect(cid: string): void {
    void this.#control('--terminate', '--ike-id', cid, '--timeout', '5');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await endProcess(this.#charon);
    await endProcess(this.#authenticator);
    await deleteNamespace(this.#options.namespace);
    rmSync(this.#options.folder, { recursive: true, force: true });
    this.#log.end();
  }

  async #prepareNetwork(): Promise<void> {
    const { namespace, internet, state } = this.#options;
    await createNamespace(namespace);
    this.#address = await plugIntoInternet(internet, namespace);
    // The user-space ESP answers for a network only where the gateway has an address in it.
    for (const prefix of ipv4Prefixes(state.vnetPrefixes)) {
      await runCommand('ip', ['-n', namespace, 'addr', 'add', `${firstVnetAddress(prefix)}/32`, 'dev', 'lo']);
    }
  }

  #prepareFiles(): void {
    const { folder, state } = this.#options;
    const files = [
      ['swanctl/swanctl.conf', renderConnections(state)],
      ['swanctl/x509/server.pem', state.serverCertificatePem],
      ['swanctl/private/server.pem', state.serverKeyPem],
    ] as const;
    for (const [name, text] of files) writeFileSync(join(folder, name), text, { mode: 0o600 });
  }

  async #launch(): Promise<void> {
    const { folder, namespace, state, logFile } = this.#options;
    const secret = randomBytes(16).toString('hex');
    const ready = this.#startAuthenticator(secret);
    writeFileSync(join(folder, 'strongswan.conf'), renderCharonConfig(folder, resolve(logFile), secret), {
      mode: 0o600,
    });
    // charon's place for its pid is the same for all: each has a /run of its own.
    const script = `mount --bind "$1/run" /run && STRONGSWAN_CONF="$1/strongswan.conf" exec ${charonProgram}`;
    const charon = spawn('ip', ['netns', 'exec', namespace, 'sh', '-c', script, 'sh', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#charon = charon;
    this.#record(charon);
    await this.#until(() => existsSync(join(folder, 'vici')));
    const loaded = await this.#control('--load-all');
    if (loaded.code !== 0) throw new Error(`gateway ${state.fqdn}: swanctl: ${loaded.stderr}`);
    await ready;
  }

  /** Resolves when it has the policy. */
  #startAuthenticator(secret: string): Promise<void> {
    const { namespace, state } = this.#options;
    const program = resolve(import.meta.dirname, 'main.ts');
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, program], {
      env: { PATH: process.env['PATH'], secret },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#authenticator = child;
    this.#record(child);
    return new Promise((resolvePromise, reject) => {
      child.once('error', reject);
      child.once('exit', () => {
        reject(new Error(`gateway ${state.fqdn}: the authenticator ended at its start`));
      });
      this.#policyWaits.push(resolvePromise);
      child.on('message', (message) => {
        const event = message as AuthenticatorEvent;
        if (event.kind === 'ready') child.send(state);
        this.#onEvent(event);
      });
    });
  }

  #onEvent(event: AuthenticatorEvent): void {
    switch (event.kind) {
      case 'policy':
        for (const resolvePromise of this.#policyWaits.splice(0)) resolvePromise();
        break;
      case 'accepted':
        this.#accepted.set(event.ikeId, event);
        this.#note(`accepted ${event.commonName} (${event.thumbprint})`);
        break;
      case 'refused':
        this.#note(`refused connection ${event.ikeId}: ${event.reason}`);
        break;
      case 'began': {
        const { commonName = '', thumbprint = '' } = this.#accepted.get(event.ikeId) ?? {};
        const { publicIp, privateIp } = event;
        this.#options.onEstablished({ cid: String(event.ikeId), commonName, thumbprint, publicIp, privateIp });
        break;
      }
      case 'ended':
        this.#accepted.delete(event.ikeId);
        this.#options.onDisconnected(String(event.ikeId));
        break;
      case 'ready':
        break;
    }
  }

  #control(...args: readonly string[]): ReturnType<typeof tryCommand> {
    const { folder } = this.#options;
    const environment = [`SWANCTL_DIR=${folder}/swanctl`, `STRONGSWAN_CONF=${folder}/strongswan.conf`];
    return tryCommand('env', [...environment, 'swanctl', ...args, '--uri', `unix://${folder}/vici`]);
  }

  #record(child: ChildProcess): void {
    child.stdout?.pipe(this.#log, { end: false });
    child.stderr?.pipe(this.#log, { end: false });
    child.once('exit', () => {
      if (!this.#stopping) this.#options.onDied();
    });
  }

  async #until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + startDeadlineMs;
    while (!condition()) {
      if (this.#charon?.exitCode !== null || Date.now() > deadline) {
        throw new Error(`gateway ${this.#options.state.fqdn}: strongSwan does not start, see ${this.#options.logFile}`);
      }
      await delay(pollMs);
    }
  }

  #note(text: string): void {
    this.#log.write(`gatehouse: ${text}\n`);
  }
}
