/** Certificates from a request through the public routes, and who of all that take part takes how much of it. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { makeSigningRequest } from '../sandbox/walkthrough/signing-request.ts';
import { type Cost, costHere, costOf } from './cpu-time.ts';
import { type Figure, median, type Section, sum } from './figures.ts';
import { readCalls } from './journal.ts';
import { createKeyVaultClient, type KeyVaultClient } from './key-vault-client.ts';
import { inParallel, measureInterleaved, type Variants } from './rounds.ts';
import { createServicesAlone, type ServicesAlone } from './services-alone.ts';
import { type Stack, startStack } from './stack.ts';

export interface CertificateOptions {
  readonly rounds: number;
  /** Certificates, or signatures, of one measurement. */
  readonly count: number;
}

type Measured = 'route' | 'reading' | 'vault' | 'services' | 'signature';
type Measurements = Readonly<Record<Measured, readonly Cost[]>>;

const rootSchema = z.object({ keyId: z.string() });
/** Processes that a certificate goes through, in the order in which their times are read. */
const processNames = ['runtime', 'cloud', 'azurite'] as const;
/** Requests on their way at a time. */
const width = 8;

export async function measureCertificates(root: string, options: CertificateOptions): Promise<Section> {
  const stack = await startStack(root);
  try {
    const subject = { commonName: 'Bench root' };
    const { keyId } = rootSchema.parse(
      await stack.api('POST', '/api/roots', { id: 'bench', subject, keyType: 'RSA-2048' }),
    );
    const vault = await createKeyVaultClient(stack);
    try {
      return await compare(stack, vault, keyId, options);
    } finally {
      vault.close();
    }
  } finally {
    await stack.stop();
  }
}

async function compare(
  stack: Stack,
  vault: KeyVaultClient,
  keyId: string,
  options: CertificateOptions,
): Promise<Section> {
  const services = await createServicesAlone();
  // One round for the compilers, the tokens and the connections, and one to count signatures.
  const requests = await makeRequests((options.rounds + 2) * options.count);
  const parts = { stack, vault, keyId, services, ordersOf: { route: each(requests), services: each(requests) } };
  await measureInterleaved(1, createVariants(parts, options.count));

  const measured = await measureInterleaved(options.rounds, createVariants(parts, options.count));
  return toSection(measured, options.count, await countSignatures(parts, options.count));
}

async function makeRequests(count: number): Promise<readonly string[]> {
  const requests: string[] = [];
  while (requests.length < count) requests.push((await makeSigningRequest()).csrPem);
  return requests;
}

interface Order {
  readonly owner: string;
  readonly csr: string;
}

/** Each request once, as in life: what was found of a key is known when it comes again. So it is with owners. */
function each(requests: readonly string[]): () => Order {
  const queue = requests.entries();
  return () => {
    const [index, csr] = queue.next().value ?? [];
    if (index === undefined || csr === undefined) throw new Error('There are more orders than requests were made.');
    return { owner: `user${index}@example.com`, csr };
  };
}

interface Parts {
  readonly stack: Stack;
  readonly vault: KeyVaultClient;
  readonly keyId: string;
  readonly services: ServicesAlone;
  readonly ordersOf: Readonly<Record<'route' | 'services', () => Order>>;
}

function createVariants(parts: Parts, count: number): Variants<Measured, Cost> {
  const { stack, vault, keyId, services, ordersOf } = parts;
  const pids = processNames.map((name) => stack.info.processes[name] ?? 0);
  const digest = randomBytes(32);
  return {
    route: () => costOf(pids, () => issueOverHttp(parts, count)),
    reading: () =>
      costOf(pids, () =>
        inParallel(count, width, async () => {
          await stack.api('GET', '/api/roots/bench');
        }),
      ),
    vault: () => costOf(pids, () => inParallel(count, width, () => vault.sign(keyId))),
    services: () =>
      costHere(() =>
        inParallel(count, 1, async () => {
          await services.issue(ordersOf.services().csr);
        }),
      ),
    signature: () =>
      costHere(() =>
        inParallel(count, 1, () => {
          services.signDigest(digest);
          return Promise.resolve();
        }),
      ),
  };
}

async function issueOverHttp({ stack, ordersOf }: Parts, count: number): Promise<void> {
  await inParallel(count, width, async () => {
    await stack.api('POST', '/api/certificates', { rootId: 'bench', ...ordersOf.route() });
  });
}

async function countSignatures(parts: Parts, count: number): Promise<number> {
  const signatures = async (): Promise<number> =>
    (await readCalls(parts.stack, 'keyvault')).filter(({ path, status }) => path.endsWith('/sign') && status === 200)
      .length;
  const before = await signatures();
  await issueOverHttp(parts, count);
  return ((await signatures()) - before) / count;
}

function toSection(measured: Measurements, count: number, signaturesEach: number): Section {
  const perRound = (value: (round: number) => number): number => median(measured.route.map((_, round) => value(round)));
  const wall = (name: Measured, round: number): number => measured[name][round]?.wallMs ?? NaN;
  const here = (name: 'services' | 'signature', round: number): number => sum(measured[name][round]?.cpuMs ?? []);
  return {
    title: 'Certificates from a request (RSA 2048)',
    figures: [
      {
        name: 'elapsed: a signature at Key Vault / a certificate over HTTP',
        value: perRound((round) => (wall('vault', round) / wall('route', round)) * 100),
        unit: '%',
      },
      ...shares(measured.route, perRound),
      {
        name: 'processor time: services and pki, without the signature / one RSA-2048 signature',
        value: perRound((round) => here('services', round) / here('signature', round) - 1),
        unit: 'x',
      },
      ...againstHost(measured, perRound, here),
      { name: 'signatures at Key Vault per certificate', value: signaturesEach, unit: '', target: '1' },
      {
        name: 'certificates over HTTP',
        value: perRound((round) => (count * 1000) / wall('route', round)),
        unit: '/s',
      },
      {
        name: 'signatures at the Key Vault emulator',
        value: perRound((round) => (count * 1000) / wall('vault', round)),
        unit: '/s',
      },
      {
        name: 'certificates by the services alone',
        value: perRound((round) => (count * 1000) / here('services', round)),
        unit: '/s CPU',
      },
    ],
  };
}

type PerRound = (value: (round: number) => number) => number;

/** Whose processor time a certificate over HTTP is, where it can be read. */
function shares(route: readonly Cost[], perRound: PerRound): readonly Figure[] {
  if (route.some(({ cpuMs }) => cpuMs.length === 0)) return [];
  const labels = { runtime: 'host and application', cloud: 'Key Vault’s emulator', azurite: 'storage' };
  return processNames.map((name, index) => ({
    name: `processor time over HTTP: ${labels[name]}`,
    value: perRound((round) => {
      const cpuMs = route[round]?.cpuMs ?? [];
      return ((cpuMs[index] ?? NaN) / sum(cpuMs)) * 100;
    }),
    unit: '%',
  }));
}

function againstHost(
  { route, reading }: Measurements,
  perRound: PerRound,
  here: (name: 'services' | 'signature', round: number) => number,
): readonly Figure[] {
  if (route.some(({ cpuMs }) => cpuMs.length === 0)) return [];
  return [
    {
      name: 'processor time: host and application / one RSA-2048 signature',
      value: perRound((round) => (route[round]?.cpuMs[0] ?? NaN) / here('signature', round)),
      unit: 'x',
      target: '<= 20',
    },
    {
      name: 'processor time: host and app, a root shown with three table requests / one RSA-2048 signature',
      value: perRound((round) => (reading[round]?.cpuMs[0] ?? NaN) / here('signature', round)),
      unit: 'x',
    },
    {
      name: 'processor time: services and pki without the signature / host and application',
      value: perRound(
        (round) => ((here('services', round) - here('signature', round)) / (route[round]?.cpuMs[0] ?? NaN)) * 100,
      ),
      unit: '%',
    },
  ];
}
