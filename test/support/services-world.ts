/**
 * The use cases on tables in memory, a clock that stands still, a real RSA key and an Azure that does at once what it
 * is told: everything of the application but its clients and the host.
 */
import { createHash } from 'node:crypto';
import { createWriteGateway } from '../../src/activities/gateways/write-gateway.ts';
import { createCertificateServices } from '../../src/composition/certificate-services.ts';
import { createGatewayServices, thumbprintOfRoot } from '../../src/composition/gateway-services.ts';
import { addDays, dayOf } from '../../src/domain/days.ts';
import { newGateway } from '../../src/domain/resource-bodies.ts';
import { createKeyPair } from '../../src/pki/create-key-pair.ts';
import { isExpiredRoot } from '../../src/pki/read-foreign-root.ts';
import type { Secrets } from '../../src/ports/secrets.ts';
import { logSignatures } from '../../src/services/certificates/logged-root-keys.ts';
import { createProcedures } from '../../src/services/on-premises/procedures.ts';
import { createExpiries } from '../../src/services/operations/expiries.ts';
import { createOperationStanding } from '../../src/services/operations/operation-standing.ts';
import { createOperations } from '../../src/services/operations/operations.ts';
import { createTakeClaims } from '../../src/services/operations/take-claims.ts';
import { createApiKeys } from '../../src/services/requests/api-keys.ts';
import { type AuditRow, createAudit } from '../../src/services/requests/audit.ts';
import { createClaims } from '../../src/stores/claims.ts';
import { sha256Hex } from '../../src/stores/digest.ts';
import { createOnPremisesStores } from '../../src/stores/on-premises-stores.ts';
import { createOutbox } from '../../src/stores/outbox.ts';
import { gatewayKeys, type GatewayRecord } from '../../src/stores/records/gateways.ts';
import { createRetentionDues } from '../../src/stores/retention-dues.ts';
import { createStores, type Stores } from '../../src/stores/stores.ts';
import { createUnfinished } from '../../src/stores/unfinished.ts';
import { aCompletePlan } from './builders/a-complete-plan.ts';
import { aGatewayPlan, aSubscriptionId } from './builders/a-gateway-plan.ts';
import { someP2sSettings } from './builders/some-p2s-settings.ts';
import { createMemoryBlobs } from './memory-blobs.ts';
import { createMemoryTables, type MemoryTables } from './memory-tables.ts';
import { createRecordingLog } from './recording-log.ts';
import { createStubArm, provisioned, type StubArm } from './stub-arm.ts';
import { createStubArmInventory } from './stub-arm-inventory.ts';
import { createStubOrchestrations, type StubOrchestrations } from './stub-orchestrations.ts';
import { createStubRootKeys, type StubRootKeys } from './stub-root-keys.ts';
import { createTestClock, type TestClock } from './test-clock.ts';
import { createTestEscrow } from './test-escrow.ts';

const versionOf = (secret: string): string => sha256Hex(secret).slice(0, 8);

export type ServicesWorld = ReturnType<typeof createServicesWorld>;

/** One key of each size for all worlds: it takes longer to make than everything else that a test does. */
const pairs = new Map<number, ReturnType<typeof createKeyPair>>();

function aKeyPair(bits: number): ReturnType<typeof createKeyPair> {
  const pair = pairs.get(bits) ?? createKeyPair(bits);
  pairs.set(bits, pair);
  return pair;
}

export function createServicesWorld(tables: MemoryTables = createMemoryTables()) {
  const clock: TestClock = createTestClock();
  const { now } = clock;
  const arm: StubArm = createStubArm();
  const { log, told } = createRecordingLog();
  const stubRootKeys: StubRootKeys = createStubRootKeys();
  const rootKeys = { ...stubRootKeys, ...logSignatures(stubRootKeys, { log, now }) };
  const orchestrations: StubOrchestrations = createStubOrchestrations();
  const stores: Stores = createStores(tables);
  const unfinished = createUnfinished({ tables, now });
  const outbox = createOutbox({ tables, now, keptDays: 90 });
  const operations = createOperations({ tables, now, unfinished, keptDays: 365, outbox, log });
  const claims = createClaims({ tables });
  const standing = createOperationStanding({ stores, onPremisesStores: createOnPremisesStores(tables) });
  /** Secrets of Key Vault, by name. */
  const secrets = new Map<string, string>();
  const armInventory = createStubArmInventory(arm);
  const core = {
    apiKeys: createApiKeys({ tables, now }),
    arm,
    armInventory,
    audit: createAudit({ tables }),
    blobs: createMemoryBlobs(tables),
    claims,
    dues: createRetentionDues({ tables }),
    expiries: createExpiries({ tables }),
    keptDays: { idempotency: 7, events: 90, operations: 365, profiles: 30 },
    log,
    now,
    operations,
    outbox,
    rootKeys,
    secrets: {
      get: ({ name }) => {
        const value = secrets.get(name);
        return Promise.resolve(value === undefined ? undefined : { value, version: versionOf(value) });
      },
      set: ({ name }, value) => {
        secrets.set(name, value);
        return Promise.resolve({ version: versionOf(value) });
      },
      remove: ({ name }) => {
        secrets.delete(name);
        return Promise.resolve();
      },
    } satisfies Secrets,
    stores,
    tables,
    unfinished,
  };
  const certificates = createCertificateServices(core, {
    newKeyPair: aKeyPair,
    escrow: createTestEscrow(),
    // Whatever Azure's package holds: how it is read has tests of its own.
    readProfilePackage: () => ({ ok: true, profile: someP2sSettings().profile }),
  });
  const gateways = createGatewayServices(core, certificates, aSubscriptionId, () => Promise.resolve());
  return {
    ...core,
    ...certificates,
    ...gateways,
    armInventory,
    clock,
    orchestrations,
    secrets,
    standing,
    told,
    procedures: createProcedures({
      operations,
      claims,
      standing,
      takeClaims: createTakeClaims({ claims, operations, now }),
      onDied: () => Promise.resolve(),
      now,
    }),
    writeGateway: createWriteGateway({ arm, stores, log, now, ...gateways, thumbprintOfRoot, isExpiredRoot }),
  };
}

/** Bytes that are the same for the same label, as a request's seed gives them. */
export function randomnessOf(seed: string): (label: string, length: number) => Uint8Array {
  return (label, length) => createHash('sha512').update(`${seed}:${label}`).digest().subarray(0, length);
}

export function anOperationId(seed: string): string {
  return `op-${createHash('sha256').update(seed).digest('hex').slice(0, 32)}`;
}

/** What a route hands to a use case. */
export function aRequest(world: ServicesWorld, seed: string) {
  return { operationId: anOperationId(seed), requestedBy: 'tester', orchestrations: world.orchestrations };
}

/** A finished root in the stores. */
export async function aRoot(world: ServicesWorld, id = 'root-1') {
  return world.roots.create(
    { id, subject: { commonName: `Root ${id}` }, keyType: 'RSA-2048', hsm: false, validityDays: 3650 },
    randomnessOf(id),
  );
}

/** A gateway that is built, in Azure and in the stores, with nothing trusted and nobody writing it. */
export async function aGateway(
  world: ServicesWorld,
  id = 'vnet1gw',
  changes: Partial<GatewayRecord> = {},
): Promise<GatewayRecord> {
  const input = aGatewayPlan({ name: id });
  const plan = aCompletePlan({ ...input, id }, { subscriptionId: aSubscriptionId });
  const at = world.now().toISOString();
  const record: GatewayRecord = {
    id,
    name: plan.name,
    resourceId: plan.resourceIds.gateway,
    state: 'ready',
    plan,
    desired: 1,
    applied: 1,
    epoch: 1,
    profileWanted: 1,
    profileMade: 1,
    updateSeconds: [],
    createdAt: at,
    updatedAt: at,
    ...changes,
  };
  await world.stores.gateways.insert(record);
  await world.stores.gatewayResources.insert({ resourceId: record.resourceId, gatewayId: id });
  world.arm.resources.set(record.resourceId, provisioned({ etag: 'W/"a"', ...newGateway(plan, []) }));
  return record;
}

/** What the single writer does, without the host: writes, compares and gives back until nothing more is wanted. */
export async function runWriter(world: ServicesWorld, gatewayId = 'vnet1gw'): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const record = (await world.stores.gateways.get(gatewayKeys(gatewayId)))?.record;
    if (record?.writer === undefined) return;
    const input = { gatewayId, epoch: record.writer.epoch };
    const write = await world.writeGateway(input);
    if (write.outcome !== 'equal') continue;
    const gateway = world.arm.resources.get(record.resourceId);
    if (gateway === undefined) throw new Error('The gateway of the test is gone.');
    const { sessionsToSee } = await world.rounds.recordRound(gatewayId, {
      gateway,
      desired: write.desired,
      writeSeconds: [],
    });
    if (sessionsToSee) await world.sessions.record(gatewayId, { cut: [], unproven: [] });
    await world.writer.release(gatewayId, record.writer.epoch);
  }
}

/** What the service did by itself, by action, as the audit has it. */
export async function ownActs({ audit, now }: Pick<ServicesWorld, 'audit' | 'now'>): Promise<readonly AuditRow[]> {
  const day = dayOf(now());
  const rows = (await audit.listDays(addDays(day, -1), addDays(day, 1), 1000)) ?? [];
  return rows.filter(({ who }) => who === 'gatehouse');
}

/** A profile package of the gateway, as if Azure had made one. */
export async function aProfile({ stores, tables, now }: ServicesWorld, gatewayId = 'vnet1gw'): Promise<void> {
  await createMemoryBlobs(tables).put('profiles', 'package', Buffer.from('a package'), 'application/zip');
  const { hash, serverFqdn } = someP2sSettings().profile;
  const facts = { hash, serverFqdn, routes: [], dnsServers: [], hasOpenVpn: true };
  await stores.profiles.upsert({ gatewayId, ...facts, blobName: 'package', madeAt: now().toISOString() });
}
