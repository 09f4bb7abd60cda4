import { sign } from 'node:crypto';
import type { SerialNumber } from '../../../src/domain/serial-number.ts';
import { parseSerialNumber } from '../../../src/domain/serial-number.ts';
import { assembleCertificate } from '../../../src/pki/assemble-certificate.ts';
import type { ClientCertificateFields } from '../../../src/pki/build-client-certificate.ts';
import { buildClientTbs } from '../../../src/pki/build-client-certificate.ts';
import type { RootCertificateFields } from '../../../src/pki/build-root-certificate.ts';
import { buildRootTbs } from '../../../src/pki/build-root-certificate.ts';
import type { KeyPair } from './a-key-pair.ts';
import { anRsaKeyPair } from './a-key-pair.ts';

export interface BuiltRoot {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly keys: KeyPair;
  readonly fields: RootCertificateFields;
}

export interface BuiltClient {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly keys: KeyPair;
  readonly root: BuiltRoot;
  readonly fields: ClientCertificateFields;
}

/** Serial numbers are fixed, so that a failing test fails the same way again. */
export function aSerialNumber(digits = '4f3b2a190807060504030201ffeeddcc'): SerialNumber {
  const serialNumber = parseSerialNumber(digits);
  if (serialNumber === undefined) throw new Error(`${digits} is no serial number.`);
  return serialNumber;
}

/** A self-signed root of ten years, valid unless told otherwise. */
export function aRootCertificate(changes: Partial<RootCertificateFields> = {}, keys = anRsaKeyPair('root')): BuiltRoot {
  const fields: RootCertificateFields = {
    subject: { commonName: 'P2SRootCert' },
    publicKeySpki: keys.spki,
    serialNumber: aSerialNumber('0102030405060708090a0b0c0d0e0f10'),
    notBefore: new Date('2026-11-01T00:00:00Z'),
    notAfter: new Date('2036-11-01T00:00:00Z'),
    ...changes,
  };
  const { tbs } = buildRootTbs(fields);
  return { der: assembleCertificate(tbs, sign('sha256', tbs, keys.privateKey)), tbs, keys, fields };
}

/** A client certificate of one year under `root`, valid unless told otherwise. */
export function aClientCertificate(
  changes: Partial<ClientCertificateFields> = {},
  { root = aRootCertificate(), keys = anRsaKeyPair() } = {},
): BuiltClient {
  const fields: ClientCertificateFields = {
    root: { certificateDer: root.der },
    commonName: 'alice.0a1b2c3d@contoso.com',
    subjectPublicKeyInfo: keys.spki,
    serialNumber: aSerialNumber(),
    notBefore: new Date('2026-11-20T00:00:00Z'),
    notAfter: new Date('2027-11-20T00:00:00Z'),
    ...changes,
  };
  const { tbs } = buildClientTbs(fields);
  return { der: assembleCertificate(tbs, sign('sha256', tbs, root.keys.privateKey)), tbs, keys, root, fields };
}
