import { isUp } from '../machine/model.ts';
import type { WindowsMachine, World } from '../world/records.ts';
import { personalCertificate, trustStores } from './machine.ts';
import { buildChain, judgeServer, parse, type TlsIssue } from './tls.ts';

export interface Look {
  readonly world: World;
  /** The machine that looks. */
  readonly machine: WindowsMachine;
  readonly host: string;
  readonly port: number;
  readonly nowMs: number;
  readonly isTlsWanted: boolean;
  /** The one of the machines behind the name that is meant; otherwise the first that listens. */
  readonly only?: WindowsMachine;
}

/** What was seen of one address, as the steps' facts have it. `trusted` and `notAfter` only where TLS was looked at. */
export interface Sight {
  readonly host: string;
  readonly port: number;
  readonly resolved: boolean;
  readonly connected: boolean;
  readonly trusted?: boolean;
  readonly notAfter?: string;
  readonly issue: '' | 'notResolved' | 'noRoute' | 'portClosed' | TlsIssue;
}

/** Something that answers at an address: what it shows in TLS, when it listens at all. */
interface Listener {
  readonly sent: readonly string[];
}

/**
 * Looks at an address as a program on the machine would: name, way, port, TLS. The first listener behind a name
 * answers.
 */
export function lookAt(look: Look): Sight {
  const { world, machine, host, port } = look;
  const sight = { host, port, resolved: false, connected: false };
  const targets = resolve(world, machine, host).filter(
    (target) => look.only === undefined || target.machine === look.only,
  );
  if (targets.length === 0) return { ...sight, issue: 'notResolved' };
  const reached = targets.filter((target) => isOpen(world, machine, target, undefined));
  if (reached.length === 0) return { ...sight, resolved: true, issue: 'noRoute' };
  const listener = reached
    .filter((target) => isOpen(world, machine, target, port))
    .map((target) => listenerOf(world, target, port))
    .find((each) => each !== undefined);
  if (listener === undefined) return { ...sight, resolved: true, issue: 'portClosed' };
  const connected = { host, port, resolved: true, connected: true };
  return look.isTlsWanted ? { ...connected, ...handshake(look, listener) } : { ...connected, issue: '' };
}

/** Machines that a name stands for: several where a balancer is in front of them. */
export function machinesBehind(world: World, host: string): readonly WindowsMachine[] {
  const address = world.network.names[host.toLowerCase()];
  return world.machines().filter((machine) => isNamed(machine, host) || isAtAddress(machine, address ?? host));
}

/** Whether the name has an address on this machine. */
export function isResolved(world: World, machine: WindowsMachine, host: string): boolean {
  return resolve(world, machine, host).length > 0;
}

/** Whether anything of the one machine gets to the other. */
export function canReachMachine(world: World, from: WindowsMachine, toId: string): boolean {
  const to = world.machines().find(({ id }) => id === toId);
  return to !== undefined && isOpen(world, from, { machine: to }, undefined);
}

interface Target {
  readonly machine?: WindowsMachine;
  readonly address?: string;
}

function resolve(world: World, machine: WindowsMachine, host: string): Target[] {
  const name = host.toLowerCase();
  if (world.network.unresolved[machine.id]?.includes(name) === true) return [];
  const machines = machinesBehind(world, host).map((each): Target => ({ machine: each }));
  if (machines.length > 0) return machines;
  const address = world.network.names[name] ?? (isAddress(name) ? name : undefined);
  return address === undefined ? [] : [{ address }];
}

/** Whether the network lets the machine through; `port` undefined asks for the way alone. */
function isOpen(world: World, from: WindowsMachine, target: Target, port: number | undefined): boolean {
  const { machine, address } = target;
  if (machine?.id === from.id) return true;
  if (machine !== undefined && !isUp(machine)) return false;
  const ends = new Set(['*', address, machine?.id, ...(machine?.nics.map((nic) => nic.address) ?? [])]);
  const starts = new Set(['*', from.id, ...from.nics.map((nic) => nic.address)]);
  return !world.network.blocked.some(
    (block) => starts.has(block.from) && ends.has(block.to) && (block.port === undefined || block.port === port),
  );
}

function listenerOf(world: World, { machine, address }: Target, port: number): Listener | undefined {
  if (machine === undefined) {
    const server = world.network.servers.find((each) => each.address === address && each.port === port);
    return server === undefined ? undefined : { sent: server.certificates };
  }
  const site = machine.azurePack.sites.find((each) => each.port === port && each.state === 'Started');
  if (site !== undefined) return { sent: shownBy(machine, site.thumbprint) };
  return machine.openPorts.includes(port) ? { sent: [] } : undefined;
}

/** A site shows its certificate and the intermediates that its machine knows, never the root. */
function shownBy(machine: WindowsMachine, thumbprint: string | undefined): readonly string[] {
  const held = thumbprint === undefined ? undefined : personalCertificate(machine, thumbprint);
  if (held === undefined) return [];
  const chain = buildChain(parse(held.certificate), trustStores(machine).ca.map(parse));
  return chain.map((certificate) => certificate.raw.toString('base64'));
}

function handshake({ machine, host, nowMs }: Look, { sent }: Listener): Pick<Sight, 'trusted' | 'notAfter' | 'issue'> {
  const issue = judgeServer({ sent, host, nowMs, stores: trustStores(machine) });
  const [leaf] = sent;
  return {
    trusted: issue === '',
    ...(leaf === undefined ? {} : { notAfter: new Date(parse(leaf).validTo).toISOString() }),
    issue,
  };
}

function isNamed({ names, computerName, domain }: WindowsMachine, host: string): boolean {
  const whole = domain === undefined ? [] : [`${computerName}.${domain}`];
  return [...names, computerName, ...whole].some((name) => name.toLowerCase() === host.toLowerCase());
}

function isAtAddress({ nics }: WindowsMachine, address: string): boolean {
  return nics.some((nic) => nic.address === address);
}

function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}
