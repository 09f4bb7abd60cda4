import type { StackClock } from '../platform/stack-clock.ts';
import type { StateFile } from '../platform/state-file.ts';
import type { KeySeal } from './key-seal.ts';
import type { VaultState } from './vault-state.ts';

/** What the vault's operations work on. */
export interface Vault {
  readonly state: StateFile<VaultState>;
  readonly seal: KeySeal;
  readonly clock: StackClock;
  /** Azure's durations are divided by this. */
  readonly speed: number;
  /** Names, in lower case, of certificates whose creation is being worked on. */
  readonly creating: Set<string>;
}

/** One request that is allowed to be here, as an operation sees it. */
export interface VaultCall {
  /** `https://localhost:port`: ids carry it, since clients follow them. */
  readonly origin: string;
  readonly name: string;
  /** Empty for the latest version. */
  readonly version: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface VaultAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type VaultOperation = (vault: Vault, call: VaultCall) => Promise<VaultAnswer> | VaultAnswer;

/** Clients send `api-version` back with a link that they follow. */
export const apiVersion = '2025-07-01';

/** What scripts on machines ask for secrets with: the version that Azure's pages for managed identities use. */
export const scriptApiVersion = '7.4';
