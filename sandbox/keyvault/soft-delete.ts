import { recoverableDays } from './attributes.ts';
import type { Vault } from './vault.ts';
import { conflict, VaultError } from './vault-error.ts';
import type { NamedObject } from './vault-state.ts';

/** In Azure a deletion or recovery is seen by readers some seconds after it is answered. */
const deletionMs = 5000;
const recoveryMs = 10_000;
const retentionMs = recoverableDays * 24 * 3600 * 1000;

export type Kind = 'Key' | 'Certificate' | 'Secret';

/** The live object of this name; throws 404 when there is none, or it is deleted, or not back yet. */
export function findActive<T extends NamedObject<unknown>>(
  vault: Vault,
  entries: Readonly<Record<string, T>>,
  kind: Kind,
  name: string,
): T {
  const entry = current(vault, entries, name);
  if (entry?.lifecycle.phase !== 'active') throw notFound(kind, name);
  return entry;
}

/** The deleted object of this name; throws 404 until the deletion can be seen. */
export function findDeleted<T extends NamedObject<unknown>>(
  vault: Vault,
  entries: Readonly<Record<string, T>>,
  kind: Kind,
  name: string,
): T {
  const entry = current(vault, entries, name);
  if (entry?.lifecycle.phase !== 'deleted' || entry.lifecycle.visibleMs > vault.clock.nowMs()) {
    throw new VaultError(404, `${kind}NotFound`, `Deleted ${kind} not found: ${name}`);
  }
  return entry;
}

/** All objects that are in this phase now. */
export function listInPhase<T extends NamedObject<unknown>>(
  vault: Vault,
  entries: Readonly<Record<string, T>>,
  phase: 'active' | 'deleted',
): T[] {
  return Object.keys(entries).flatMap((name) => {
    const entry = current(vault, entries, name);
    return entry?.lifecycle.phase === phase ? [entry] : [];
  });
}

/** Throws the conflict that Azure answers when a name that is deleted, or being recovered, is to be used anew. */
export function refuseTakenName(
  vault: Vault,
  entries: Readonly<Record<string, NamedObject<unknown>>>,
  kind: Kind,
  name: string,
): void {
  const lifecycle = current(vault, entries, name)?.lifecycle ?? { phase: 'active' };
  if (lifecycle.phase === 'recovering') {
    throw conflict(
      `${kind} ${name} is currently being recovered and cannot be re-created; retry later.`,
      'ObjectIsBeingRecovered',
    );
  }
  if (lifecycle.phase === 'active') return;
  if (lifecycle.visibleMs > vault.clock.nowMs()) {
    throw conflict(
      `${kind} ${name} is currently being deleted and cannot be re-created; retry later.`,
      'ObjectIsBeingDeleted',
    );
  }
  throw conflict(
    `${kind} ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the ${kind.toLowerCase()} can only be recovered or purged.`,
    'ObjectIsDeletedButRecoverable',
  );
}

export function markDeleted(vault: Vault, entry: NamedObject<unknown>): void {
  const deletedMs = vault.clock.nowMs();
  entry.lifecycle = { phase: 'deleted', deletedMs, visibleMs: deletedMs + deletionMs / vault.speed };
}

export function markRecovering(vault: Vault, entry: NamedObject<unknown>): void {
  entry.lifecycle = { phase: 'recovering', untilMs: vault.clock.nowMs() + recoveryMs / vault.speed };
}

/** The dates that a deleted object carries, in milliseconds of the stack's clock. */
export function deletionDates(entry: NamedObject<unknown>): { deletedMs: number; purgeMs: number } {
  const deletedMs = entry.lifecycle.phase === 'deleted' ? entry.lifecycle.deletedMs : 0;
  return { deletedMs, purgeMs: deletedMs + retentionMs };
}

export function notFound(kind: Kind, nameAndVersion: string): VaultError {
  const message = `A ${kind.toLowerCase()} with (name/id) ${nameAndVersion} was not found in this key vault. If you recently deleted this ${kind.toLowerCase()} you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`;
  return new VaultError(404, `${kind}NotFound`, message);
}

/** The entry as time has made it: what was being recovered is back, what was deleted too long ago is gone. */
function current<T extends NamedObject<unknown>>(
  vault: Vault,
  entries: Readonly<Record<string, T>>,
  name: string,
): T | undefined {
  const entry = entries[name.toLowerCase()];
  if (entry === undefined) return undefined;
  const nowMs = vault.clock.nowMs();
  if (entry.lifecycle.phase === 'recovering' && entry.lifecycle.untilMs <= nowMs) {
    entry.lifecycle = { phase: 'active' };
  }
  const isPurged = entry.lifecycle.phase === 'deleted' && entry.lifecycle.deletedMs + retentionMs <= nowMs;
  if (!isPurged) return entry;
  Reflect.deleteProperty(entries, name.toLowerCase());
  return undefined;
}
