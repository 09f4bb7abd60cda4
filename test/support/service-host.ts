/**
 * What an emulator gets from a stack, for tests of that emulator alone: a clock that jumps, no noise unless asked for,
 * a local CA shared by one test file, and a token verifier that knows the tokens it made itself.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultPlan } from '../../sandbox/platform/faults.ts';
import { Journal } from '../../sandbox/platform/journal.ts';
import { ensureLocalCa, readServerCredentials } from '../../sandbox/platform/local-ca.ts';
import { Scheduler } from '../../sandbox/platform/scheduler.ts';
import type { Principal, ServiceHost } from '../../sandbox/platform/service-host.ts';
import { StackClock } from '../../sandbox/platform/stack-clock.ts';
import type { RecordedExchange } from '../../sandbox/platform/traffic-recorder.ts';

const tokenLifetimeMs = 3600 * 1000;

export interface TestHostOptions {
  /** Azure's durations are divided by this; 1 unless told, since tests jump instead of waiting. */
  readonly speed?: number;
  /** Share of requests that meet a random 429 or 503; none unless told. */
  readonly noiseShare?: number;
  /** The clock moves only when it is moved: for what counts requests by time, on a machine of whatever speed. */
  readonly standsStill?: boolean;
}

export interface TestHost {
  readonly host: ServiceHost;
  /** PEM of the CA that the emulators' servers are signed by: give it to clients as `tlsOptions.ca`. */
  readonly ca: string;
  /** Every exchange so far, whole. */
  readonly exchanges: RecordedExchange[];
  /**
   * A bearer token (without the word Bearer) that `host.verifyToken` accepts for this audience; an hour of stack time
   * unless told.
   */
  tokenFor(audience: string, principal?: Partial<Principal>, lifetimeMs?: number): string;
  /** The same host as a process that starts again would get it: same folder and clock, nothing scheduled. */
  restart(): ServiceHost;
  /** Waits until `condition` holds; rejects after `deadlineMs` of real time. */
  until(condition: () => boolean | Promise<boolean>, deadlineMs?: number): Promise<void>;
  /** Jumps from due work to due work until the stack's clock has moved by `ms`, letting each piece of work end. */
  advance(ms: number): Promise<void>;
  /** Stops what is scheduled and removes the folder. */
  close(): void;
}

interface KnownToken {
  readonly audience: string;
  readonly principal: Principal;
  readonly expiresAtMs: number;
}

/** Makes a host in its own temporary folder. `close` it when the test ends. */
export async function createTestHost(options: TestHostOptions = {}): Promise<TestHost> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-host-'));
  const ca = await ensureLocalCa(directory);
  const startedMs = Date.now();
  const clock = options.standsStill === true ? new StackClock(0, () => startedMs) : new StackClock();
  const tokens = new Map<string, KnownToken>();
  const exchanges: RecordedExchange[] = [];
  const tenantId = randomUUID();
  let current = createHost();

  function createHost(): ServiceHost {
    return {
      directory,
      clock,
      scheduler: new Scheduler(clock, (error) => {
        throw error;
      }),
      journal: new Journal(),
      faults: new FaultPlan({ seed: 'test', noiseShare: options.noiseShare ?? 0 }),
      record: (exchange) => exchanges.push(exchange),
      credentials: readServerCredentials(ca),
      verifyToken: (authorization, audience) => Promise.resolve(verify(authorization, audience)),
      tenantId,
      subscriptionId: '11111111-2222-4333-8444-555555555555',
      speed: options.speed ?? 1,
    };
  }

  function verify(authorization: string | undefined, audience: string): Principal | undefined {
    const known = tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '');
    if (known?.audience !== withoutSlash(audience) || known.expiresAtMs <= clock.nowMs()) return undefined;
    return known.principal;
  }

  function tokenFor(audience: string, principal: Partial<Principal> = {}, lifetimeMs = tokenLifetimeMs): string {
    const token = randomUUID();
    const expiresAtMs = clock.nowMs() + lifetimeMs;
    const whole = { appId: 'test-app', objectId: 'test-object', tenantId, ...principal };
    tokens.set(token, { audience: withoutSlash(audience), principal: whole, expiresAtMs });
    return token;
  }

  function restart(): ServiceHost {
    current.scheduler.stop();
    current = createHost();
    return current;
  }

  async function advance(ms: number): Promise<void> {
    const endMs = clock.nowMs() + ms;
    for (;;) {
      await until(() => current.scheduler.isIdle());
      const nextMs = current.scheduler.nextDueMs();
      if (nextMs === undefined || nextMs > endMs) break;
      clock.moveTo(nextMs);
    }
    clock.moveTo(endMs);
    await until(() => current.scheduler.isIdle());
  }

  function close(): void {
    current.scheduler.stop();
    rmSync(directory, { recursive: true, force: true });
  }

  return {
    host: current,
    ca: readFileSync(ca.caFile, 'utf8'),
    exchanges,
    tokenFor,
    restart,
    until,
    advance,
    close,
  };
}

async function until(condition: () => boolean | Promise<boolean>, deadlineMs = 5000): Promise<void> {
  const endMs = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`not true within ${deadlineMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function withoutSlash(audience: string): string {
  return audience.replace(/\/$/, '');
}
