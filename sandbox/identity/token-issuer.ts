import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import type { Principal, VerifyToken } from '../platform/service-host.ts';
import type { StackClock } from '../platform/stack-clock.ts';

/** Entra ID's usual life of an access token. */
export const tokenLifetimeSeconds = 3600;
/** Entra ID dates its tokens back by this much, so that a reader whose clock is slow still takes them. */
const backdatingSeconds = 300;
const storageAudience = 'https://storage.azure.com';

/** Makes and checks access tokens in the shape of Entra ID's version 1 tokens, signed by a key of this stack alone. */
export interface TokenIssuer {
  /** A signed token that lets `principal` call `audience` for an hour of stack time. */
  issue(principal: Principal, audience: string): Promise<string>;
  readonly verify: VerifyToken;
  /** The public half, as the keys endpoint answers it. */
  readonly jwk: JWK;
  readonly issuerUrl: string;
}

/** Opens the issuer whose signing key is kept in `directory`, or makes the key. */
export async function openTokenIssuer(options: {
  readonly directory: string;
  readonly clock: StackClock;
  readonly tenantId: string;
}): Promise<TokenIssuer> {
  const privateKey = ensureSigningKey(options.directory);
  const publicKey = createPublicKey(privateKey);
  const jwk = await publicJwk(publicKey);
  const issuerUrl = `https://sts.windows.net/${options.tenantId}/`;
  return {
    issue: (principal, audience) =>
      new SignJWT({ ...claimsOf(principal), aud: audience })
        .setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: jwk.kid ?? '' })
        .setIssuer(issuerUrl)
        .setIssuedAt(notBefore(options.clock, audience))
        .setNotBefore(notBefore(options.clock, audience))
        .setExpirationTime(seconds(options.clock.nowMs()) + tokenLifetimeSeconds)
        .sign(privateKey),
    verify: (authorization, audience) =>
      verify({ token: bearerToken(authorization), audience, publicKey, issuerUrl, now: options.clock.now() }),
    jwk,
    issuerUrl,
  };
}

async function verify(options: {
  readonly token: string | undefined;
  readonly audience: string;
  readonly publicKey: KeyObject;
  readonly issuerUrl: string;
  readonly now: Date;
}): Promise<Principal | undefined> {
  if (options.token === undefined) return undefined;
  const bare = options.audience.replace(/\/$/, '');
  try {
    const { payload } = await jwtVerify(options.token, options.publicKey, {
      algorithms: ['RS256'],
      issuer: options.issuerUrl,
      audience: [bare, `${bare}/`],
      currentDate: options.now,
    });
    return { appId: text(payload['appid']), objectId: text(payload['oid']), tenantId: text(payload['tid']) };
  } catch {
    // Forged, expired or for somebody else: to the service that asks it is all the same, not a caller.
    return undefined;
  }
}

function claimsOf(principal: Principal): Record<string, string> {
  return {
    appid: principal.appId,
    appidacr: '1',
    idtyp: 'app',
    oid: principal.objectId,
    sub: principal.objectId,
    tid: principal.tenantId,
    uti: randomUUID(),
    ver: '1.0',
  };
}

/** Storage is Azurite, which knows real time only: a token from the stack's future would be refused there. */
function notBefore(clock: StackClock, audience: string): number {
  const nowMs = audience.startsWith(storageAudience) ? Date.now() : clock.nowMs();
  return seconds(nowMs) - backdatingSeconds;
}

function ensureSigningKey(directory: string): KeyObject {
  const file = join(directory, 'identity-key.pem');
  if (!existsSync(file)) {
    mkdirSync(directory, { recursive: true });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  }
  return createPrivateKey(readFileSync(file));
}

async function publicJwk(publicKey: KeyObject): Promise<JWK> {
  const kid = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
  return { ...(await exportJWK(publicKey)), use: 'sig', alg: 'RS256', kid };
}

function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}

function text(claim: unknown): string {
  return typeof claim === 'string' ? claim : '';
}
