import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/tunnels', () => {
  it.each([
    [['IkeV2', 'OpenVPN'], []],
    [['IkeV2'], []],
    [['OpenVPN'], []],
    [[], ['error protocolMissing /protocols']],
    [['IkeV2', 'SSTP'], ['error protocolSstpRetired /protocols/1']],
    [
      ['SSTP', 'OpenVPN'],
      ['error protocolSstpRetired /protocols/0', 'error protocolsExclusive /protocols'],
    ],
    [['IkeV2', 'IkeV2'], ['error protocolRepeated /protocols']],
  ] as const)('finds in %j %j', (protocols, expected) => {
    expect(foundProblems({ protocols: [...protocols] })).toEqual(expected);
  });

  it('says when SSTP ended and ends', () => {
    const { message, fix, source } = problemNamed('protocolSstpRetired', { protocols: ['SSTP'] });

    expect(message).toMatch(/2026-03-31.*2027-03-31/);
    expect(fix).toContain('"OpenVPN"');
    expect(source).toContain('499923');
  });

  it('refuses OpenVPN on the Basic SKU beside the SKU itself', () => {
    expect(foundProblems({ sku: 'Basic' })).toEqual([
      'error skuBasicUnfit /sku',
      'error protocolNotOnSku /protocols/1',
    ]);
  });
});
