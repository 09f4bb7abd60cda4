import { redactSecrets } from '../../../src/domain/redact-secrets.ts';

const pem = `-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----`;

describe('src/domain/redact-secrets', () => {
  it.each([
    ['https://a.blob.core.windows.net/x?sv=2025&sr=b&sig=SECRETsecret%3D', /SECRET/],
    ['POST /runtime/webhooks/durabletask?taskHub=x&code=SECRETcode==', /SECRET/],
    ['authorization: Bearer SECRETtoken0123', /SECRET/],
    [`token eyJ${'SECRET'.repeat(3)}.eyJhdWQi.c2ln`, /SECRET/],
    ['DefaultEndpointsProtocol=https;AccountKey=SECRETkey==;X=1', /SECRET/],
    ['{"x-api-key":"SECRETkey"}', /SECRET/],
    ['secret whsec_SECRETabc123', /SECRET/],
    [`POST /api/downloads?token=SECRET${'a'.repeat(37)} failed`, /SECRET/],
    [`key ${pem} end`, /MIIEpAIBAAKCAQEA/],
    [`cut off ${pem.slice(0, 50)}`, /MIIEpAIBAAKCAQEA/],
  ])('takes the secret out of %s', (text, secret) => {
    const safe = redactSecrets(text);

    expect(safe).not.toMatch(secret);
    expect(safe).toContain('[redacted]');
  });

  it('leaves what is no secret as it is', () => {
    const text =
      'GET https://management.azure.com/subscriptions/1?api-version=2025-05-01 answered 409: gateway gw1 is busy';

    expect(redactSecrets(text)).toBe(text);
  });

  it('bounds what it returns and the time it takes', () => {
    expect(redactSecrets(`Bearer ${'a'.repeat(1_000_000)}`).length).toBeLessThan(8100);
    expect(redactSecrets('-----BEGIN '.repeat(100_000)).length).toBeLessThan(8100);
  });
});
