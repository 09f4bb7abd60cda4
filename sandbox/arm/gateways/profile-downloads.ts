import { randomBytes } from 'node:crypto';
import type { ServiceRequest, ServiceResponse } from '../../platform/https-service.ts';
import type { ArmContext } from '../arm-call.ts';

export const downloadPrefix = '/blobs/';
const container = 'vpnprofileimmutable';
const lifetimeMs = 3600 * 1000;
const clockSkewMs = 5 * 60 * 1000;

/** Stores an archive and returns its URL: whoever has it can read it for an hour of stack time, without a token. */
export function publishProfile(
  context: ArmContext,
  profile: { readonly origin: string; readonly guid: string; readonly zip: Buffer },
): string {
  const nowMs = context.host.clock.nowMs();
  forgetExpired(context, nowMs);
  const path = `${downloadPrefix}${container}/${profile.guid}/vpnclientconfiguration.zip`;
  const signature = randomBytes(32).toString('base64');
  const expiresAtMs = nowMs - clockSkewMs + lifetimeMs;
  context.state.profiles[path] = { path, signature, expiresAtMs, zip: profile.zip.toString('base64'), asked: 0 };
  const query = new URLSearchParams({
    sv: '2018-03-28',
    sr: 'b',
    sig: signature,
    st: toSasTime(nowMs - clockSkewMs),
    se: toSasTime(expiresAtMs),
    sp: 'r',
    fileExtension: '.zip',
  });
  return `${profile.origin}${path}?${query.toString()}`;
}

/** Anonymous GET of an archive. */
export function downloadProfile(context: ArmContext, request: ServiceRequest): ServiceResponse {
  const profile = context.state.profiles[request.url.pathname];
  if (request.method !== 'GET' || profile === undefined) return notFound();
  const isSigned = request.url.searchParams.get('sig') === profile.signature;
  if (!isSigned || profile.expiresAtMs <= context.host.clock.nowMs()) {
    return blobError(403, 'AuthenticationFailed', 'Server failed to authenticate the request. Signature not valid.');
  }
  profile.asked += 1;
  context.save();
  // Right after it is made the archive is often not there yet.
  if (profile.asked === 1) return notFound();
  const headers = { 'content-type': 'application/zip', 'x-ms-blob-type': 'BlockBlob' };
  return { status: 200, headers, body: Buffer.from(profile.zip, 'base64') };
}

function notFound(): ServiceResponse {
  return blobError(404, 'ResourceNotFound', 'The specified resource does not exist.');
}

/** Storage answers in XML, not in ARM's envelope. */
function blobError(status: number, code: string, message: string): ServiceResponse {
  const xml = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml', 'x-ms-error-code': code }, body: Buffer.from(xml) };
}

function toSasTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function forgetExpired(context: ArmContext, nowMs: number): void {
  for (const profile of Object.values(context.state.profiles)) {
    if (profile.expiresAtMs <= nowMs) Reflect.deleteProperty(context.state.profiles, profile.path);
  }
}
