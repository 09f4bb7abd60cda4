/** What is sent to every route that reads a body, and has to be refused there. */

/** Well-formed, and nobody's. */
export const thumbprint = '0'.repeat(40);

/** Every route that reads a body. */
export const api = [
  ['POST', '/api/gateway-preflights'],
  ['POST', '/api/gateways'],
  ['POST', '/api/roots'],
  ['POST', '/api/certificates'],
  ['POST', `/api/certificates/${thumbprint}/revoke`],
  ['POST', `/api/certificates/${thumbprint}/kits`],
  ['PUT', '/api/gateways/gw/roots/root-1'],
  ['PUT', '/api/owners/ann'],
  ['PUT', '/api/api-keys/ann'],
] as const;

/** What it is, the body, and the status that it is refused with. */
export const hostileBodies: readonly (readonly [string, string, number])[] = [
  ['no JSON', '{"id":', 400],
  ['an array', '[]', 400],
  ['null', 'null', 400],
  ['a text', '"root"', 400],
  ['nesting 10,000 deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, 400],
  ['a name twice', '{"owner":"a","owner":"b"}', 400],
  ['__proto__', '{"__proto__":{"role":"administrator"}}', 400],
  ['constructor', '{"constructor":{"prototype":{"role":"administrator"}}}', 400],
  ['half a surrogate pair', '{"id":"\\ud800"}', 400],
  ['an unknown field', '{"tenant":"other"}', 400],
  ['one byte too many', `{"id":"${'a'.repeat(1024 * 1024 - 8)}"}`, 413],
];

/** A token that claims to need no signature. */
export function unsignedToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ roles: ['administrator'] })}.`;
}
