import { buildPkcs12, type Pkcs12Encryption } from '../../../src/pki/build-pkcs12.ts';
import type { KeyPair } from './a-key-pair.ts';
import type { BuiltAuthority } from './an-authority.ts';
import { der, integer, objectIdentifier, octets, sequence } from './der.ts';

export interface PfxChanges {
  readonly password?: string;
  readonly encryption?: Pkcs12Encryption;
  readonly chain?: readonly Uint8Array[];
  /** Instead of the certificate's own. */
  readonly keys?: KeyPair;
}

/** A .pfx as an authority hands its key on. */
export function aPfx(authority: BuiltAuthority, changes: PfxChanges = {}): Buffer {
  const { password = '', encryption = 'modern', chain = [], keys = authority.keys } = changes;
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'der' });
  const contents = { privateKey, certificate: authority.der, chain, friendlyName: 'CA', password, encryption };
  return Buffer.from(buildPkcs12(contents));
}

/** A .pfx whose MAC would take a processor a day. */
export function aPfxBomb(): Buffer {
  const sha256 = sequence(objectIdentifier('2.16.840.1.101.3.4.2.1'));
  const content = sequence(objectIdentifier('1.2.840.113549.1.7.1'), der(0xa0, octets(sequence())));
  const mac = sequence(sequence(sha256, octets(Buffer.alloc(32))), octets(Buffer.alloc(8)), integer(2n ** 31n - 1n));
  return sequence(integer(3n), content, mac);
}

/** DER that is nested as deeply as the bytes allow. */
export function aDeepNest(bytes: number): Buffer {
  const header = Buffer.from('3080', 'hex');
  return Buffer.concat(Array.from({ length: bytes / 2 }, () => header));
}
