import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StackError } from '../supervisor/stack-error.ts';

/** What has to be known of a kit for OpenVPN before a client is started with it. */
export interface Kit {
  /** The gateway's name. */
  readonly fqdn: string;
  /** Since when the certificate is valid. */
  readonly notBefore: Date;
}

/**
 * Reads the profile. Throws in words for a person when a file is missing, or when the password does not open the key.
 */
export function readKit(ovpnFile: string, passwordFile: string | undefined): Kit {
  if (!existsSync(ovpnFile)) throw new StackError(`There is no ${ovpnFile}.`);
  const text = readFileSync(ovpnFile, 'utf8');
  const [, fqdn] = /^remote\s+(\S+)/m.exec(text) ?? [];
  if (fqdn === undefined) throw new StackError(`${ovpnFile} names no gateway (remote).`);
  requireKeyFile(ovpnFile, text);
  const certificate = certificateOf(text, passwordFile);
  if (certificate === undefined) throw new StackError(`${ovpnFile} holds no certificate (cert, pkcs12).`);
  return { fqdn, notBefore: new X509Certificate(certificate).validFromDate };
}

/** OpenVPN itself would say `Options error`, and not of which file. */
function requireKeyFile(ovpnFile: string, profile: string): void {
  const [, name] = /^key\s+(\S+)/m.exec(profile) ?? [];
  if (name === undefined) return;
  const keyFile = resolve(dirname(ovpnFile), name);
  if (existsSync(keyFile)) return;
  throw new StackError(`There is no ${keyFile}: put the private key there, where the profile looks for it.`);
}

function certificateOf(profile: string, passwordFile: string | undefined): string | undefined {
  const [, pkcs12] = /<pkcs12>([^]*?)<\/pkcs12>/.exec(profile) ?? [];
  if (pkcs12 === undefined) return /<cert>([^]*?)<\/cert>/.exec(profile)?.[1]?.trim();
  if (passwordFile === undefined) throw new StackError('The key in the profile has a password: --password FILE.');
  if (!existsSync(passwordFile)) {
    throw new StackError(`There is no ${resolve(passwordFile)}, which should hold the password.`);
  }
  const args = ['pkcs12', '-nokeys', '-clcerts', '-passin', `file:${passwordFile}`];
  const { status, stdout } = spawnSync('openssl', args, { input: Buffer.from(pkcs12, 'base64'), encoding: 'utf8' });
  if (status !== 0) throw new StackError(`The password in ${passwordFile} does not open the key in the profile.`);
  return stdout.slice(stdout.indexOf('-----BEGIN'));
}
