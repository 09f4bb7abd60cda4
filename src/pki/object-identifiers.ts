/** The object identifiers that decisions here rest on; the builders take the rest from the X.509 library. */
export const oid = {
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',

  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaPss: '1.2.840.113549.1.1.10',
  sha256WithRsa: '1.2.840.113549.1.1.11',
  ecPublicKey: '1.2.840.10045.2.1',
  curveP256: '1.2.840.10045.3.1.7',
  curveP384: '1.3.132.0.34',

  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',

  clientAuth: '1.3.6.1.5.5.7.3.2',
  serverAuth: '1.3.6.1.5.5.7.3.1',

  extensionRequest: '1.2.840.113549.1.9.14',
  microsoftExtensionRequest: '1.3.6.1.4.1.311.2.1.14',
} as const;

const names: ReadonlyMap<string, string> = new Map([
  [oid.commonName, 'CN'],
  ['2.5.4.4', 'SN'],
  ['2.5.4.5', 'serialNumber'],
  [oid.country, 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.9', 'street'],
  [oid.organization, 'O'],
  [oid.organizationalUnit, 'OU'],
  ['2.5.4.12', 'title'],
  ['2.5.4.42', 'GN'],
  ['0.9.2342.19200300.100.1.1', 'UID'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['1.2.840.113549.1.9.2', 'unstructuredName'],
  ['1.2.840.113549.1.9.7', 'challengePassword'],
  ['1.3.6.1.4.1.311.13.2.3', 'osVersion'],
  ['1.3.6.1.4.1.311.21.20', 'requestClientInfo'],
  ['1.3.6.1.4.1.311.13.2.2', 'enrollmentCspName'],
  [oid.subjectKeyIdentifier, 'subjectKeyIdentifier'],
  [oid.keyUsage, 'keyUsage'],
  [oid.subjectAltName, 'subjectAltName'],
  [oid.basicConstraints, 'basicConstraints'],
  [oid.nameConstraints, 'nameConstraints'],
  ['2.5.29.31', 'cRLDistributionPoints'],
  ['2.5.29.32', 'certificatePolicies'],
  [oid.policyMappings, 'policyMappings'],
  [oid.authorityKeyIdentifier, 'authorityKeyIdentifier'],
  [oid.policyConstraints, 'policyConstraints'],
  [oid.extendedKeyUsage, 'extendedKeyUsage'],
  [oid.inhibitAnyPolicy, 'inhibitAnyPolicy'],
  ['1.3.6.1.5.5.7.1.1', 'authorityInfoAccess'],
  [oid.clientAuth, 'clientAuth'],
  [oid.serverAuth, 'serverAuth'],
  ['1.3.6.1.5.5.7.3.3', 'codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['2.5.29.37.0', 'anyExtendedKeyUsage'],
]);

/** The usual short name of an object identifier, or its dotted text. */
export function nameOfObjectIdentifier(identifier: string): string {
  return names.get(identifier) ?? identifier;
}
