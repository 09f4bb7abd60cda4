import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';

/** The keys of a stack's machines and of their visitor, made once per folder. */
export interface SshKeys {
  /** Private, in OpenSSH's format: the same host key for every machine. */
  readonly hostKey: string;
  /** Fingerprint as `ssh-keygen -l` prints it. */
  readonly hostKeyFingerprint: string;
  /** File of the visitor's private key, readable by this user alone. */
  readonly privateKeyFile: string;
  readonly privateKey: string;
  /** A line for authorized_keys. */
  readonly publicKey: string;
}

export function ensureSshKeys(directory: string): SshKeys {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const host = ensureKey(join(directory, 'host-key'));
  const visitor = ensureKey(join(directory, 'visitor-key'));
  return {
    hostKey: host.privateKey,
    hostKeyFingerprint: fingerprintOf(host.publicKey),
    privateKeyFile: visitor.file,
    privateKey: visitor.privateKey,
    publicKey: visitor.publicKey,
  };
}

/** `SHA256:` and the base64 of the digest, without padding. */
function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function ensureKey(file: string): { readonly file: string; readonly privateKey: string; readonly publicKey: string } {
  if (!existsSync(file)) {
    const made = makeKey();
    writeFileSync(`${file}.pub`, `${made.public}\n`);
    writeFileSync(file, made.private, { mode: 0o600 });
  }
  return { file, privateKey: readFileSync(file, 'utf8'), publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}

/**
 * ssh2 1.17 leaves zeros at the beginning of an ed25519 public key out, and then cannot read what it has made: one in
 * 256.
 */
function makeKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made;
  }
}
