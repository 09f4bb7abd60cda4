import type { AttributesInput } from './request-body.ts';
import type { Attributes } from './vault-state.ts';

export const recoverableDays = 90;

/** Attributes of something made now. */
export function newAttributes(nowMs: number, input: AttributesInput | undefined): Attributes {
  return {
    enabled: input?.enabled ?? true,
    createdMs: nowMs,
    updatedMs: nowMs,
    notBeforeMs: fromSeconds(input?.nbf),
    expiresMs: fromSeconds(input?.exp),
  };
}

/** Attributes after an update; what the update leaves out stays. */
export function updatedAttributes(old: Attributes, nowMs: number, input: AttributesInput | undefined): Attributes {
  return {
    enabled: input?.enabled ?? old.enabled,
    createdMs: old.createdMs,
    updatedMs: nowMs,
    notBeforeMs: fromSeconds(input?.nbf) ?? old.notBeforeMs,
    expiresMs: fromSeconds(input?.exp) ?? old.expiresMs,
  };
}

/** As Key Vault writes them. */
export function toWire(attributes: Attributes): Record<string, unknown> {
  return {
    enabled: attributes.enabled,
    ...(attributes.notBeforeMs === undefined ? {} : { nbf: toSeconds(attributes.notBeforeMs) }),
    ...(attributes.expiresMs === undefined ? {} : { exp: toSeconds(attributes.expiresMs) }),
    created: toSeconds(attributes.createdMs),
    updated: toSeconds(attributes.updatedMs),
    recoveryLevel: 'Recoverable+Purgeable',
    recoverableDays,
  };
}

export function toSeconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function fromSeconds(seconds: number | null | undefined): number | undefined {
  return seconds === null || seconds === undefined ? undefined : seconds * 1000;
}
