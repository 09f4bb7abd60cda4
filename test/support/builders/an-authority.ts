import { sign } from 'node:crypto';
import { anRsaKeyPair, type KeyPair } from './a-key-pair.ts';
import {
  algorithm,
  bits,
  boolean,
  commonName,
  der,
  extension,
  integer,
  objectIdentifier,
  octets,
  sequence,
  set,
  utcTime,
} from './der.ts';

export interface BuiltAuthority {
  readonly der: Uint8Array;
  readonly keys: KeyPair;
  readonly name: Uint8Array;
}

export interface AuthorityChanges {
  readonly called?: string;
  readonly keys?: KeyPair;
  /** Itself if not given. */
  readonly issuer?: BuiltAuthority;
  readonly isAuthority?: boolean;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly hash?: 'md5' | 'sha1' | 'sha256';
  readonly serial?: bigint;
  /** How many authorities may be below it. */
  readonly pathLength?: number;
  /** Its extended key usage. */
  readonly purposes?: readonly string[];
  /** Its name constraints: a domain of addresses that it permits, a domain of hosts that it excludes. */
  readonly permittedMail?: string;
  readonly excludedHosts?: string;
}

const signatures = {
  md5: '1.2.840.113549.1.1.4',
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
} as const;

/**
 * A certificate as some enterprise's authority makes it: a root, or with `issuer` an intermediate, valid 2020 to 2045.
 */
export function anAuthority(changes: AuthorityChanges = {}): BuiltAuthority {
  const { called = 'Contoso root', issuer, isAuthority = true, hash = 'sha256', serial = 7n } = changes;
  const { notBefore = '200101000000Z', notAfter = '450101000000Z' } = changes;
  const keys = changes.keys ?? anRsaKeyPair(called);
  const name = commonName(called);
  const usage = extension('2.5.29.15', der(0x03, Buffer.from(isAuthority ? [1, 0x06] : [7, 0x80])), true);
  const limit = changes.pathLength === undefined ? [] : [integer(BigInt(changes.pathLength))];
  const basic = extension('2.5.29.19', sequence(...(isAuthority ? [boolean(true), ...limit] : [])), true);
  const tbs = sequence(
    der(0xa0, integer(2n)),
    integer(serial),
    algorithm(signatures[hash]),
    issuer?.name ?? name,
    sequence(utcTime(notBefore), utcTime(notAfter)),
    name,
    keys.spki,
    der(0xa3, sequence(basic, usage, ...purposes(changes), ...nameConstraints(changes))),
  );
  const signature = sign(hash, tbs, (issuer?.keys ?? keys).privateKey);
  return { der: sequence(tbs, algorithm(signatures[hash]), bits(signature)), keys, name };
}

function purposes({ purposes: names }: AuthorityChanges): readonly Buffer[] {
  return names === undefined ? [] : [extension('2.5.29.37', sequence(...names.map(objectIdentifier)))];
}

function nameConstraints({ permittedMail, excludedHosts }: AuthorityChanges): readonly Buffer[] {
  const mail = permittedMail === undefined ? [] : [der(0xa0, sequence(der(0x81, Buffer.from(permittedMail))))];
  const hosts = excludedHosts === undefined ? [] : [der(0xa1, sequence(der(0x82, Buffer.from(excludedHosts))))];
  const trees = [...mail, ...hosts];
  return trees.length === 0 ? [] : [extension('2.5.29.30', sequence(...trees), true)];
}

/** A .p7b in DER: certificates that nobody has signed anything with. */
export function aCertificateBundle(...certificates: readonly Uint8Array[]): Buffer {
  const signedData = sequence(
    integer(1n),
    set(),
    sequence(objectIdentifier('1.2.840.113549.1.7.1')),
    der(0xa0, ...certificates),
    set(),
  );
  return sequence(objectIdentifier('1.2.840.113549.1.7.2'), der(0xa0, signedData));
}

/** The outer form of a PKCS #12 file, with nothing of use in it. */
export function anEmptyPfx(): Buffer {
  const content = sequence(objectIdentifier('1.2.840.113549.1.7.1'), der(0xa0, octets(Buffer.alloc(200))));
  return sequence(integer(3n), content);
}
