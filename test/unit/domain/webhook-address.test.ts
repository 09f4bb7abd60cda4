import { isPublicAddress, webhookUrlProblem } from '../../../src/domain/webhook-address.ts';

describe('src/domain/webhook-address', () => {
  it.each([
    ['https://hooks.contoso.com/x', undefined],
    ['https://HOOKS.contoso.com:8443/x?y=z', undefined],
    ['https://8.8.8.8/', undefined],
    ['http://hooks.contoso.com/x', 'not https'],
    ['http://127.0.0.1.contoso.com/', 'not https'],
    ['http://8.8.8.8/', 'not https'],
    ['file:///etc/passwd', 'not https'],
    ['https://user:pass@hooks.contoso.com/', 'credentials'],
    ['https://user@hooks.contoso.com/', 'credentials'],
    ['hooks', 'not a URL'],
    ['https://127.0.0.1/', 'private'],
    ['https://0x7f.1/', 'private'],
    ['https://2130706433/', 'private'],
    ['https://localhost/', 'private'],
    ['https://a.localhost/', 'private'],
    ['https://10.1.2.3/', 'private'],
    ['https://192.168.1.1/', 'private'],
    ['https://169.254.169.254/metadata', 'private'],
    ['https://168.63.129.16/', 'private'],
    ['https://100.64.0.1/', 'private'],
    ['https://[::1]/', 'private'],
    ['https://[fe80::1]/', 'private'],
    ['https://[fd00::1]/', 'private'],
    ['https://[::ffff:10.0.0.1]/', 'private'],
    ['https://[64:ff9b::a00:1]/', 'private'],
  ])('judges %s', (url, fault) => {
    const problem = webhookUrlProblem(url, []);

    if (fault === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(fault);
  });

  it.each([
    ['https://10.1.2.3/', undefined],
    ['https://[fd00::1]/', undefined],
    ['http://127.0.0.1:9999/webhook', undefined],
    ['https://10.1.2.4/', 'private'],
    ['http://10.1.2.3/', 'not https'],
  ])('lets %s be what is allowed by name', (url, fault) => {
    const problem = webhookUrlProblem(url, ['10.1.2.3', 'fd00::1', '127.0.0.1']);

    if (fault === undefined) expect(problem).toBeUndefined();
    else expect(problem).toContain(fault);
  });

  it('takes no text for an address', () => {
    expect(isPublicAddress('hooks.contoso.com')).toBe(false);
    expect(isPublicAddress('')).toBe(false);
  });
});
