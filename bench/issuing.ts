/**
 * How many requests a certificate takes, how many of them wait for one another, and what that makes of many orders at
 * once.
 */
import { makeSigningRequest } from '../sandbox/walkthrough/signing-request.ts';
import { ownCpuMs } from './cpu-time.ts';
import { type Figure, median, type Section } from './figures.ts';
import { createServicesAlone, type ServicesAlone, type Waits } from './services-alone.ts';
import { createVirtualClock } from './virtual-clock.ts';

export interface IssuingOptions {
  readonly rounds: number;
  /** Orders on their way at a time; the requests of as many are counted one by one. */
  readonly inFlight: number;
}

interface Orders {
  /** The request of the first certificate of all, which registers their owner and is not counted. */
  readonly first: string;
  readonly others: readonly string[];
}

interface Counts {
  /** The most that one certificate took, with what follows its answer. */
  readonly requests: number;
  /** The most that stood one after another before an answer. */
  readonly chain: number;
}

interface Flight {
  readonly elapsedMs: number;
  readonly cpuMs: number;
}

/** Of each answer of the tables and of the store of keys. */
const latencyMs = 20;

export async function measureIssuing({ rounds, inFlight }: IssuingOptions): Promise<readonly Section[]> {
  const { csrPem: first } = await makeSigningRequest();
  const others: string[] = [];
  while (others.length < inFlight) others.push((await makeSigningRequest()).csrPem);
  const ownKeys = { first, others };
  const oneKey = { first, others: others.map(() => first) };
  const own = await count(ownKeys, (wait) => ({ tables: wait }));
  const same = await count(oneKey, (wait) => ({ tables: wait }));
  const { chain } = await count(ownKeys, (wait) => ({ tables: wait, keys: wait }));

  // The first is for the compilers.
  await fly(ownKeys);
  const flights: Flight[] = [];
  while (flights.length < rounds) flights.push(await fly(ownKeys));
  return [
    {
      title: `Certificates from a request by the services alone (RSA 2048, ${inFlight} of each kind)`,
      figures: [...countFigures('keys of their own', own), ...countFigures('one key for all', same)],
    },
    {
      title: `${inFlight} orders at once by the services alone, ${latencyMs} ms to tables and keys`,
      figures: flightFigures(flights, inFlight, chain),
    },
  ];
}

/** Issues one after the other, on a clock that each answer which is waited for moves on by one. */
async function count(orders: Orders, waitsOf: (wait: () => Promise<void>) => Waits): Promise<Counts> {
  const clock = createVirtualClock();
  const services = await startServices(
    orders,
    waitsOf(() => clock.wait(1)),
  );
  const most = { requests: 0, chain: 0 };
  for (const csr of orders.others) {
    await clock.idle();
    const requestsBefore = services.requestCount();
    const startedAt = clock.now();
    await services.issue(csr);
    most.chain = Math.max(most.chain, clock.now() - startedAt);
    await clock.idle();
    most.requests = Math.max(most.requests, services.requestCount() - requestsBefore);
  }
  return most;
}

/** Orders all at once, from a process with a processor of its own. */
async function fly(orders: Orders): Promise<Flight> {
  const clock = createVirtualClock(ownCpuMs);
  const wait = (): Promise<void> => clock.wait(latencyMs);
  const services = await startServices(orders, { tables: wait, keys: wait });
  await clock.idle();
  const cpuBefore = ownCpuMs();
  const startedAt = clock.now();
  await Promise.all(orders.others.map((csr) => services.issue(csr)));
  return { elapsedMs: clock.now() - startedAt, cpuMs: ownCpuMs() - cpuBefore };
}

async function startServices({ first }: Orders, waits: Waits): Promise<ServicesAlone> {
  const services = await createServicesAlone(waits);
  await services.issue(first);
  return services;
}

function countFigures(keys: string, { requests, chain }: Counts): readonly Figure[] {
  return [
    { name: `table requests per certificate, ${keys}`, value: requests, unit: '', target: '<= 8' },
    {
      name: `table requests one after another before the answer, ${keys}`,
      value: chain,
      unit: '',
      target: '<= 3',
    },
  ];
}

function flightFigures(flights: readonly Flight[], inFlight: number, chain: number): readonly Figure[] {
  const idealMs = chain * latencyMs;
  const elapsedMs = median(flights.map((flight) => flight.elapsedMs));
  const cpuMs = median(flights.map((flight) => flight.cpuMs));
  return [
    { name: 'throughput / ideal', value: idealMs / elapsedMs, unit: 'x', target: '>= 0.8' },
    {
      name: 'throughput / what one processor and the latency allow',
      value: Math.max(idealMs, cpuMs) / elapsedMs,
      unit: 'x',
    },
    { name: 'answers waited for one after another, the signature among them', value: chain, unit: '' },
    { name: 'processor time per certificate', value: cpuMs / inFlight, unit: 'ms' },
    { name: 'ideal', value: (inFlight * 1000) / idealMs, unit: '/s' },
    { name: 'certificates', value: (inFlight * 1000) / elapsedMs, unit: '/s' },
  ];
}
