/**
 * A person's Linux machine with strongSwan on the Internet of a stack: a kit is unpacked there and its scripts are run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientNetwork, openClientNetwork } from '../../../sandbox/vpn/client-network.ts';
import { readPublishedGateways } from '../../../sandbox/vpn/published-gateways.ts';
import { type CommandEnd, tryCommand } from '../../../sandbox/vpn/run-command.ts';
import type { Kit } from '../../../src/kits/kit.ts';
import { unpackKit } from '../../support/kits/unpack-kit.ts';
import { until } from '../../support/vpn/vpn-process.ts';

/** With ESP in user space, since not every kernel has it: nothing else of the machine is said here. */
const charonConfig = (log: string): string => `charon {
  load = random nonce openssl pem pkcs1 pkcs8 x509 pubkey constraints hmac kdf sha1 sha2 aes gcm drbg kernel-libipsec kernel-netlink socket-default vici updown eap-identity eap-tls
  filelog {
    machine {
      path = ${log}
      default = 1
      flush_line = yes
    }
  }
}
`;
/** The machine's own places are its own: nothing of this machine is touched. */
const boot = `set -e
mount --bind "$1/hosts" /etc/hosts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/swanctl
mkdir /etc/swanctl/conf.d
echo 'include conf.d/*.conf' >/etc/swanctl/swanctl.conf
STRONGSWAN_CONF="$1/strongswan.conf" exec /usr/lib/ipsec/charon`;

export class IkeMachine {
  readonly #folder: string;
  readonly #network: ClientNetwork;
  readonly #charon: ChildProcess;

  private constructor(folder: string, network: ClientNetwork, charon: ChildProcess) {
    this.#folder = folder;
    this.#network = network;
    this.#charon = charon;
  }

  /** A machine with the kit's files, and beside them the key where it is the person's. */
  static async boot(
    stackDir: string,
    fqdn: string,
    kit: Pick<Kit, 'fileName' | 'content' | 'keyFileName'>,
    keyPem: string,
  ): Promise<IkeMachine> {
    const gateway = readPublishedGateways(stackDir).ikeGateways.find((one) => one.fqdn === fqdn);
    if (gateway === undefined) throw new Error(`no IKEv2 gateway ${fqdn}`);
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-ike-'));
    writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${gateway.address} ${fqdn}\n`);
    writeFileSync(join(folder, 'strongswan.conf'), charonConfig(join(folder, 'charon.log')));
    mkdirSync(join(folder, 'kit'));
    for (const [name, text] of Object.entries(unpackKit(kit))) writeFileSync(join(folder, 'kit', name), text);
    writeFileSync(join(folder, 'kit', kit.keyFileName ?? ''), keyPem, { mode: 0o600 });
    const network = await openClientNetwork(stackDir);
    const charon = spawn('ip', ['netns', 'exec', network.namespace, 'sh', '-c', boot, 'sh', folder], {
      stdio: 'ignore',
    });
    const machine = new IkeMachine(folder, network, charon);
    await until(async () => (await machine.run('test', '-S', '/run/charon.vici')).code === 0);
    return machine;
  }

  get log(): string {
    return readFileSync(join(this.#folder, 'charon.log'), 'utf8');
  }

  /** Runs a program on the machine. */
  run(...command: readonly string[]): Promise<CommandEnd> {
    return tryCommand('nsenter', ['-t', String(this.#charon.pid), '-m', '-n', ...command]);
  }

  connect(): Promise<CommandEnd> {
    return this.run('bash', join(this.#folder, 'kit', 'connect.sh'));
  }

  disconnect(): Promise<CommandEnd> {
    return this.run('bash', join(this.#folder, 'kit', 'disconnect.sh'));
  }

  /** Its addresses of the pool. */
  async addresses(beginning: string): Promise<readonly string[]> {
    const { stdout } = await this.run('ip', '-4', '-o', 'address', 'show');
    return [...stdout.matchAll(/inet ([\d.]+)/g)]
      .map(([, address = '']) => address)
      .filter((address) => address.startsWith(beginning));
  }

  ping(target: string): Promise<boolean> {
    return this.#network.ping(target);
  }

  async shutDown(): Promise<void> {
    const ended = once(this.#charon, 'exit');
    if (this.#charon.exitCode === null && this.#charon.kill('SIGTERM')) await ended;
    await this.#network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
