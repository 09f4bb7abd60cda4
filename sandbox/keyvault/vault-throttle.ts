/** Key Vault's limits hold for any ten seconds. */
const windowMs = 10_000;

/** Transactions per ten seconds of one kind, by key type, as Key Vault's service limits say. */
const createsMax = { software: 20, hsm: 10 };
const othersMax: Readonly<Record<number, { readonly software: number; readonly hsm: number }>> = {
  2048: { software: 4000, hsm: 2000 },
  3072: { software: 1000, hsm: 500 },
  4096: { software: 500, hsm: 250 },
};
const secretsMax = 300;
const anyOtherMax = 4000;

/** What a request costs: a share of what its pool may do in ten seconds. */
export interface RequestWeight {
  readonly pool: 'create' | 'createSecret' | 'other';
  readonly share: number;
}

/** The cost of making a key, with or without a certificate around it. */
export function createWeight(isHsm: boolean): RequestWeight {
  return { pool: 'create', share: 1 / (isHsm ? createsMax.hsm : createsMax.software) };
}

/** The cost of setting a secret. */
export function createSecretWeight(): RequestWeight {
  return { pool: 'createSecret', share: 1 / secretsMax };
}

/** The cost of anything else; that of a larger key is higher. */
export function otherWeight(key?: { readonly keySize: number; readonly isHsm: boolean }): RequestWeight {
  const limits = key === undefined ? undefined : othersMax[key.keySize];
  const max = limits === undefined ? anyOtherMax : key?.isHsm === true ? limits.hsm : limits.software;
  return { pool: 'other', share: 1 / max };
}

/** The weighted sum of the last ten seconds of stack time, one for each pool. */
export class VaultThrottle {
  readonly #nowMs: () => number;
  readonly #spent: Record<RequestWeight['pool'], { readonly atMs: number; readonly share: number }[]> = {
    create: [],
    createSecret: [],
    other: [],
  };

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Counts the request, or answers false when it is one too many. A refused request does not count. */
  admit(weight: RequestWeight): boolean {
    const sinceMs = this.#nowMs() - windowMs;
    const recent = this.#spent[weight.pool].filter((spent) => spent.atMs > sinceMs);
    this.#spent[weight.pool] = recent;
    const sum = recent.reduce((total, spent) => total + spent.share, 0);
    // Shares are binary fractions of decimal limits: the last one may overshoot by a rounding error.
    if (sum + weight.share > 1 + 1e-9) return false;
    recent.push({ atMs: this.#nowMs(), share: weight.share });
    return true;
  }

  clear(): void {
    this.#spent.create = [];
    this.#spent.createSecret = [];
    this.#spent.other = [];
  }
}
