import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/authentication', () => {
  it.each([
    [['Certificate'], ['IkeV2', 'OpenVPN'], []],
    [[], ['OpenVPN'], ['error authenticationWithoutCertificate /authentication']],
    [
      ['AAD'],
      ['OpenVPN'],
      ['error authenticationWithoutCertificate /authentication', 'error authenticationNotInPlan /authentication/0'],
    ],
    [['Certificate', 'AAD'], ['IkeV2', 'OpenVPN'], ['error authenticationNotInPlan /authentication/1']],
    [
      ['Certificate', 'AAD'],
      ['IkeV2'],
      ['error authenticationNotInPlan /authentication/1', 'error authenticationNeedsOpenVpn /protocols'],
    ],
    [['Certificate', 'Radius'], ['OpenVPN'], ['error authenticationNotInPlan /authentication/1']],
    [
      ['Certificate', 'Radius'],
      ['IkeV2', 'OpenVPN'],
      ['error authenticationNotInPlan /authentication/1', 'error authenticationExclusive /authentication'],
    ],
    [['Certificate', 'Certificate'], ['OpenVPN'], ['error authenticationRepeated /authentication']],
  ] as const)('finds in %j over %j %j', (authentication, protocols, expected) => {
    expect(foundProblems({ authentication: [...authentication], protocols: [...protocols] })).toEqual(expected);
  });

  it.each([
    ['AAD', 'tenant'],
    ['Radius', 'secret'],
  ] as const)('says what a plan lacks for %s: the %s', (method, lacking) => {
    const problem = problemNamed('authenticationNotInPlan', { authentication: ['Certificate', method] });

    expect(problem.message).toContain(lacking);
  });

  it('refuses Radius on the Basic SKU', () => {
    expect(
      foundProblems({ sku: 'Basic', protocols: ['OpenVPN'], authentication: ['Certificate', 'Radius'] }),
    ).toContain('error authenticationNotOnSku /authentication/1');
  });
});
