import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { thumbprintOf } from './client-policy.ts';
import type { TrustedRoot } from './gateway-state.ts';
import { runCommand } from './run-command.ts';

/**
 * The folder of roots that OpenVPN verifies chains with (`capath`): files named by OpenSSL's hash of the subject.
 * OpenVPN reads a file when it first needs that subject and keeps it, hence three rules:
 * - a root with a new subject is added while OpenVPN runs, and nobody is dropped;
 * - a second root with a subject that is there already is found only after a restart (SIGHUP), which drops everybody;
 * - a removed root stays in the folder until that restart: the policy refuses its clients, with a reason that they see.
 */
export class TrustFolder {
  readonly #path: string;
  /** Subject hash by thumbprint of each root in the folder. */
  #hashes = new Map<string, string>();

  constructor(path: string) {
    this.#path = path;
    mkdirSync(path, { recursive: true });
  }

  /** Makes the roots available. Answers `restart` when OpenVPN has to read the folder anew to see them all. */
  async apply(roots: readonly TrustedRoot[]): Promise<'live' | 'restart'> {
    const added = roots.filter((root) => !this.#hashes.has(thumbprintOf(root.certificatePem)));
    const hashes = await Promise.all(added.map((root) => subjectHash(root.certificatePem)));
    if (hashes.some((hash) => [...this.#hashes.values()].includes(hash))) {
      await this.#rewrite(roots);
      return 'restart';
    }
    added.forEach((root, index) => {
      this.#write(root.certificatePem, hashes[index] ?? '');
    });
    return 'live';
  }

  async #rewrite(roots: readonly TrustedRoot[]): Promise<void> {
    const hashes = await Promise.all(roots.map((root) => subjectHash(root.certificatePem)));
    rmSync(this.#path, { recursive: true });
    mkdirSync(this.#path);
    this.#hashes = new Map();
    roots.forEach((root, index) => {
      this.#write(root.certificatePem, hashes[index] ?? '');
    });
  }

  #write(certificatePem: string, hash: string): void {
    const sameSubject = [...this.#hashes.values()].filter((known) => known === hash).length;
    const file = join(this.#path, `${hash}.${sameSubject}`);
    // Renamed into place: OpenVPN may look for it at this moment.
    writeFileSync(`${file}.new`, certificatePem);
    renameSync(`${file}.new`, file);
    this.#hashes.set(thumbprintOf(certificatePem), hash);
  }
}

async function subjectHash(certificatePem: string): Promise<string> {
  return (await runCommand('openssl', ['x509', '-noout', '-subject_hash'], certificatePem)).trim();
}
