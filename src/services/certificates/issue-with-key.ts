import { makePassword } from '../../domain/make-password.ts';
import { buildPkcs12, type Pkcs12Encryption } from '../../pki/build-pkcs12.ts';
import { sha256Hex, slowHashHex } from '../../stores/digest.ts';
import { certificateKeys } from '../../stores/records/certificates.ts';
import type { Stores } from '../../stores/stores.ts';
import type { Downloads, OfferedDownload } from '../operations/downloads.ts';
import type { Certificates, IssuedCertificate } from './issue-certificate.ts';
import { certificateKitPlatforms, type KitPlace, type Kits } from './kits.ts';
import { type CertificateOrder, isRepeatOf, type RequestRandom, serialNumberOf } from './prepare-certificate.ts';
import type { KeyFiles, MadeKey } from './release-certificate.ts';

/** The kinds of keys that are made here, in bits of the RSA modulus. */
export const madeKeyTypes = { 'RSA-2048': 2048, 'RSA-3072': 3072, 'RSA-4096': 4096 } as const;
export const keyTypes = Object.keys(madeKeyTypes) as [keyof typeof madeKeyTypes, ...(keyof typeof madeKeyTypes)[]];

/** What is said beside every file that its password closes. */
const passwordHint = 'The password that is asked for is told to you by another way.';

export interface KeyOrder extends Omit<CertificateOrder, 'csr'> {
  readonly keyType: keyof typeof madeKeyTypes;
  /** As `checkPkcs12Password` lets it pass; made up if not given. */
  readonly password?: string | undefined;
  readonly encryption: Pkcs12Encryption;
  /** Kits that are made while the key is there. */
  readonly deliver?: readonly KitPlace[] | undefined;
  /**
   * Asked once the certificate is on record, before its key is put away: throws where it is not to be released after
   * all.
   */
  readonly requireWanted?: () => Promise<void>;
}

export interface IssuedWithKey extends IssuedCertificate {
  /** The `.pfx`. Undefined where the same request was answered before and the file was fetched, or its time is over. */
  readonly download?: OfferedDownload;
  /** The kits that were ordered, as far as they wait. */
  readonly kits: readonly OfferedKit[];
  /** The password that was made up, in the first answer of a request only. */
  readonly password?: string;
}

export interface OfferedKit extends OfferedDownload {
  readonly place: KitPlace;
}

/** Both DER: SubjectPublicKeyInfo, and PKCS #8 in clear. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

/**
 * Issues for a key that is made here, held in memory only, and put away in a `.pfx` before the certificate is released.
 */
export type IssueWithKey = (order: KeyOrder, random: RequestRandom) => Promise<IssuedWithKey>;

/** Each time the process that held the key died before the file was put away. */
const attemptsMax = 5;

export function createIssueWithKey({
  certificates,
  stores,
  downloads,
  newKeyPair,
  newPassword,
  kits,
}: {
  readonly kits: Pick<Kits, 'makeFor' | 'requireServed'>;
  readonly certificates: Certificates;
  readonly stores: Pick<Stores, 'certificates'>;
  readonly downloads: Pick<Downloads, 'offer' | 'renew'>;
  readonly newKeyPair: (modulusBits: number) => Promise<KeyPair>;
  /** 15 bytes from a cryptographic source. */
  readonly newPassword: () => Uint8Array;
}): IssueWithKey {
  /** What an earlier run of the same request came to: `lost` where its key is, or where its number is another's. */
  async function continueEarlier(order: KeyOrder, random: RequestRandom): Promise<IssuedWithKey | 'lost' | undefined> {
    const serialNumber = serialNumberOf(random);
    const started = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
    if (started === undefined) return undefined;
    if (!isRepeatOf(started, { ...order, csr: undefined })) return 'lost';
    const record = started.state === 'issuing' ? await certificates.complete(serialNumber) : started;
    if (record?.certificate === undefined && record?.revocationReason === 'keyNotKept') return 'lost';
    const issued = await certificates.issue(order, random);
    // A key that nothing accepts any more is not handed over.
    const isLive = issued.record.state === 'issued';
    const lock = await lockOf(order, serialNumber);
    const download = isLive ? await downloads.renew(keyFileOf(serialNumber), lock) : undefined;
    const renewed: OfferedKit[] = [];
    for (const place of isLive ? (order.deliver ?? []) : []) {
      const offered = await downloads.renew(kitFileOf(serialNumber, nameOf(place)), lock);
      if (offered !== undefined) renewed.push({ ...offered, place });
    }
    return { ...issued, kits: renewed, ...(download === undefined ? {} : { download }) };
  }

  async function issueFresh(order: KeyOrder, random: RequestRandom): Promise<IssuedWithKey> {
    const made = order.password === undefined ? { password: makePassword(newPassword()) } : {};
    const password = order.password ?? made.password ?? '';
    const offered: OfferedDownload[] = [];
    const offeredKits: OfferedKit[] = [];
    const { deliver = [] } = order;
    await kits.requireServed(deliver, order.rootId);
    const makeKey = async (): Promise<MadeKey> => {
      const pair = await newKeyPair(madeKeyTypes[order.keyType]);
      return {
        request: requestFor(pair.publicKey, order),
        keep: async (certificate, { serialNumber, commonName }, root) => {
          await order.requireWanted?.();
          const pfxOf = (encryption: Pkcs12Encryption): Uint8Array =>
            buildPkcs12({
              privateKey: pair.privateKey,
              certificate: certificate.der,
              chain: root.chain.map((issuer) => Buffer.from(issuer, 'base64')),
              friendlyName: commonName,
              password,
              encryption,
            });
          const content = pfxOf(order.encryption);
          const howTo = `Open the file to import it where the VPN is set up: it holds your certificate and its private key. ${passwordHint}`;
          const file = { fileName: `${commonName}.pfx`, contentType: 'application/x-pkcs12', content, howTo };
          const target = `certificates/${certificate.thumbprint}`;
          const lock = await lockOf(order, serialNumber);
          const whose = { target, requestedBy: order.requestedBy, replaces: keyFileOf(serialNumber), lock };
          const { thumbprint, der } = certificate;
          for (const place of deliver) {
            // The password is not in it: whoever has the file has to be told it as well.
            const pfx = { content: pfxOf(certificateKitPlatforms.pfxEncryption[place.platform]) };
            const subject = { certificate: der, commonName, thumbprint, serialNumber, pfx };
            const kit = await kits.makeFor(place, root.id, subject);
            const replaces = kitFileOf(serialNumber, nameOf(place));
            const howTo = `${kit.howTo} ${passwordHint}`;
            const made = await downloads.offer({ ...kit, ...whose, howTo, replaces, isOnlyOne: true });
            offeredKits.push({ ...made, place });
          }
          // Last: where this waits, everything does.
          offered.push(await downloads.offer({ ...file, ...whose, isOnlyOne: true }));
        },
      };
    };
    const kitNames = deliver.length === 0 ? {} : { kits: deliver.map(nameOf) };
    const issued = await certificates.issue({ ...order, ...kitNames }, random, makeKey);
    const [download] = offered;
    return { ...issued, ...made, kits: offeredKits, ...(download === undefined ? {} : { download }) };
  }

  return async (order, random) => {
    for (const ownRandom of attemptsOf(random)) {
      const earlier = await continueEarlier(order, ownRandom);
      if (earlier === undefined) return issueFresh(order, ownRandom);
      if (earlier !== 'lost') return earlier;
    }
    throw new Error(`The key of a certificate was lost ${attemptsMax} times before it was put away.`);
  };
}

/** A key that is lost is not made again: the request goes on under another serial number. */
function attemptsOf(random: RequestRandom): readonly RequestRandom[] {
  return Array.from({ length: attemptsMax }, (_, attempt): RequestRandom =>
    attempt === 0 ? random : (label, length) => random(`${label}/again-${attempt}`, length),
  );
}

/** Where the record of a certificate is that a request has made with its key, whichever attempt went through. */
export function madeSerialNumbers(random: RequestRandom): readonly ReturnType<typeof certificateKeys>[] {
  return attemptsOf(random).map((own) => certificateKeys(serialNumberOf(own)));
}

export function createKeyFiles({
  downloads,
  stores,
}: {
  readonly downloads: Pick<Downloads, 'holds' | 'withdraw'>;
  readonly stores: Pick<Stores, 'certificates'>;
}): KeyFiles {
  return {
    holds: (serialNumber) => downloads.holds(keyFileOf(serialNumber)),
    withdraw: async (serialNumber) => {
      await downloads.withdraw(keyFileOf(serialNumber));
      const record = (await stores.certificates.get(certificateKeys(serialNumber)))?.record;
      for (const name of record?.kits ?? []) await downloads.withdraw(kitFileOf(serialNumber, name));
    },
  };
}

/** Of files that one password opens, typed or made up; the form is that of the `.pfx`. */
function lockOf({ password, encryption }: KeyOrder, serialNumber: string): Promise<string> {
  return slowHashHex(JSON.stringify([encryption, password ?? null]), serialNumber);
}

/** What a kit is for, in one word: a gateway's id has no slash. */
function nameOf({ gatewayId, platform }: KitPlace): string {
  return `${gatewayId}/${platform}`;
}

function kitFileOf(serialNumber: string, name: string): string {
  return `certificate-kit/${serialNumber}/${name}`;
}

function keyFileOf(serialNumber: string): string {
  return `certificate-key/${serialNumber}`;
}

function requestFor(publicKey: Uint8Array, { keyType }: KeyOrder): MadeKey['request'] {
  return {
    subjectPublicKeyInfo: publicKey,
    publicKeyHash: sha256Hex(publicKey),
    keyDescription: { type: 'rsa', bits: madeKeyTypes[keyType] },
    ignored: [],
  };
}
