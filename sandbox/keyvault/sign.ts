import { constants, privateEncrypt } from 'node:crypto';
import { z } from 'zod';
import { openPrivateKey } from './key-material.ts';
import { keyId } from './key-wire.ts';
import { findKeyVersion } from './keys.ts';
import { readBody } from './request-body.ts';
import type { Vault, VaultAnswer, VaultCall } from './vault.ts';
import { badParameter, forbidden, VaultError } from './vault-error.ts';
import type { KeyVersion } from './vault-state.ts';

/** DigestInfo before the digest itself, RFC 8017 section 9.2 note 1. */
const digestInfos: Readonly<Record<string, { readonly prefix: string; readonly bytes: number }>> = {
  RS256: { prefix: '3031300d060960864801650304020105000420', bytes: 32 },
  RS384: { prefix: '3041300d060960864801650304020205000430', bytes: 48 },
  RS512: { prefix: '3051300d060960864801650304020305000440', bytes: 64 },
};
const notHere = ['PS256', 'PS384', 'PS512', 'RSNULL'];

const signSchema = z.strictObject({ alg: z.string(), value: z.string().regex(/^[A-Za-z0-9_-]+$/) });

/** POST /keys/{name}/{version}/sign: an RSASSA-PKCS1-v1_5 signature over the digest given. */
export function sign(vault: Vault, call: VaultCall): VaultAnswer {
  const { entry, version } = findKeyVersion(vault, call);
  refuseUnusable(vault, version);
  const { alg, value } = readBody(signSchema, call.body);
  const digest = Buffer.from(value, 'base64url');
  const input = Buffer.concat([digestInfoPrefix(alg, digest.length), digest]);
  const key = openPrivateKey(vault, entry.name, version);
  const signature = privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, input);
  return {
    status: 200,
    body: { kid: keyId(call.origin, entry, version), value: signature.toString('base64url') },
  };
}

function digestInfoPrefix(alg: string, digestBytes: number): Buffer {
  const info = digestInfos[alg];
  if (info === undefined) {
    if (notHere.includes(alg)) {
      throw new VaultError(501, 'NotImplemented', `The local vault does not sign with ${alg}.`);
    }
    throw badParameter(`Property alg has invalid value: ${alg} is not an algorithm of an RSA key.`);
  }
  if (digestBytes !== info.bytes) {
    throw badParameter(
      `Invalid length of 'value': ${digestBytes} bytes. ${alg} requires ${info.bytes} bytes, encoded with base64url.`,
    );
  }
  return Buffer.from(info.prefix, 'hex');
}

/** The order matters for the words only: each of these alone refuses. */
function refuseUnusable(vault: Vault, version: KeyVersion): void {
  const nowMs = vault.clock.nowMs();
  const { enabled, notBeforeMs, expiresMs } = version.attributes;
  if (version.pending === true) {
    throw forbidden('Operation sign is not allowed on the key of a pending certificate.', 'KeyOperationForbidden');
  }
  if (!enabled) throw forbidden('Operation sign is not allowed on a disabled key.', 'KeyDisabled');
  if (notBeforeMs !== undefined && notBeforeMs > nowMs) {
    throw forbidden('Operation sign is not allowed on a key that is not yet valid.', 'KeyNotYetValid');
  }
  if (expiresMs !== undefined && expiresMs <= nowMs) {
    throw forbidden('Operation sign is not allowed on an expired key.', 'KeyExpired');
  }
  if (!version.keyOps.includes('sign')) {
    throw forbidden('Operation sign is not permitted on this key.', 'KeyOperationForbidden');
  }
}
