/**
 * `npm run bench`: how fast and how small the app and its local stack are, as ratios within one run. It asserts
 * nothing; what the numbers mean is in docs/performance.md. `--quick` measures less, `--smallest` as little as shows
 * that every part still works, `--json` writes JSON, `--only` takes parts by name, `--stacks` says how many stacks are
 * worked on at once.
 */
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCertificates } from './certificates.ts';
import { measureColdStart } from './cold-start.ts';
import { type Section, toTable } from './figures.ts';
import { measureGatewayBuild } from './gateway-build.ts';
import { measureIdleClock } from './idle-clock.ts';
import { measureInventory } from './inventory.ts';
import { measureIssuing } from './issuing.ts';
import { manyStacksMax, measureManyStacks } from './many-stacks.ts';
import { measurePkcs12 } from './pkcs12.ts';
import { measureProcedureTime } from './procedure-time.ts';
import { measureRevocationList } from './revocation-list.ts';
import { measureRuntimeSpeed } from './runtime-speed.ts';

// What was started ends with this process, also when it is interrupted.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.exit(1);
  });
}

/**
 * How much each part does. The smallest shows that it ends and has figures; they say nothing, so that machines may be
 * as many times faster there as in the tests.
 */
const sizes = {
  whole: {
    coldStart: { rounds: 7 },
    runtime: { rounds: 5, count: 160 },
    certificates: { rounds: 5, count: 100 },
    issuing: { rounds: 5, inFlight: 64 },
    pkcs12: { rounds: 7, count: 20 },
    revocations: { rounds: 5, few: 1000, many: 100_000, revoked: 300 },
    procedures: { speed: 1, vpnProcedures: 2, expressClouds: 2, isWideToo: true },
    inventory: { speed: 1, gateways: 200 },
    clock: { hours: 24, everyRunMinutes: 60 },
    stacks: { speed: 1, few: 5, many: 50, isOnce: false },
  },
  quick: {
    coldStart: { rounds: 2 },
    runtime: { rounds: 1, count: 40 },
    certificates: { rounds: 1, count: 24 },
    issuing: { rounds: 3, inFlight: 64 },
    pkcs12: { rounds: 3, count: 10 },
    revocations: { rounds: 3, few: 1000, many: 10_000, revoked: 300 },
    procedures: { speed: 1, vpnProcedures: 2, expressClouds: 2, isWideToo: false },
    inventory: { speed: 1, gateways: 40 },
    clock: { hours: 24, everyRunMinutes: 60 },
    stacks: { speed: 1, few: 5, many: 10, isOnce: false },
  },
  smallest: {
    coldStart: { rounds: 1 },
    runtime: { rounds: 1, count: 2 },
    certificates: { rounds: 1, count: 2 },
    issuing: { rounds: 1, inFlight: 2 },
    pkcs12: { rounds: 1, count: 1 },
    revocations: { rounds: 1, few: 10, many: 20, revoked: 5 },
    procedures: { speed: 600, vpnProcedures: 0, expressClouds: 1, isWideToo: false },
    inventory: { speed: 600, gateways: 3 },
    clock: { hours: 4, everyRunMinutes: 5 },
    stacks: { speed: 600, few: 1, many: 2, isOnce: true },
  },
} as const;

const root = resolve(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    smallest: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    stacks: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
  },
});

const size = sizes[readSizeName()];

const parts: Readonly<Record<string, () => Promise<readonly Section[]>>> = {
  'cold-start': async () => [await measureColdStart(root, size.coldStart)],
  runtime: async () => [await measureRuntimeSpeed(root, size.runtime)],
  certificates: async () => [await measureCertificates(root, size.certificates)],
  issuing: () => measureIssuing(size.issuing),
  pkcs12: async () => [await measurePkcs12(size.pkcs12)],
  revocations: async () => [await measureRevocationList(size.revocations)],
  build: async () => [await measureGatewayBuild(root)],
  inventory: async () => [await measureInventory(root, size.inventory)],
  procedures: () => measureProcedureTime(root, size.procedures),
  clock: async () => [await measureIdleClock(root, size.clock)],
  stacks: async () => [await measureManyStacks(root, { ...size.stacks, many: readStackCount() })],
};

function readSizeName(): keyof typeof sizes {
  if (values.quick && values.smallest) throw new Error('--quick or --smallest, not both.');
  if (values.smallest) return 'smallest';
  return values.quick ? 'quick' : 'whole';
}

function readStackCount(): number {
  const count = Number(values.stacks ?? size.stacks.many);
  if (!Number.isInteger(count) || count < 1 || count > manyStacksMax) {
    throw new Error(`--stacks has to be a whole number from 1 to ${manyStacksMax}.`);
  }
  return count;
}

for (const name of values.only) {
  if (!(name in parts)) throw new Error(`--only does not know ${name}: it knows ${Object.keys(parts).join(', ')}.`);
}

const sections: Section[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (values.only.length > 0 && !values.only.includes(name)) continue;
  process.stderr.write(`measuring ${name}\n`);
  sections.push(...(await measure()));
}

const machine = {
  node: process.version,
  platform: process.platform,
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? '',
};
if (values.json) console.log(JSON.stringify({ machine, size: readSizeName(), sections }, null, 2));
else console.log(`${toTable(sections)}\n\nNode ${machine.node}, ${machine.cores} cores, ${machine.cpu}`);
