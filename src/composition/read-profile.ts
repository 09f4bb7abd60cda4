import { type ProfileReading, readProfilePackage } from '../kits/read-profile-package.ts';
import { readCertificate } from '../pki/read-certificate.ts';

/** Reads a gateway's profile package, its certificates by our own parser. */
export function readProfile(zip: Uint8Array): ProfileReading {
  return readProfilePackage(zip, {
    readCertificate: (file) => {
      const reading = readCertificate(file);
      return reading.ok ? reading.certificate : undefined;
    },
  });
}
