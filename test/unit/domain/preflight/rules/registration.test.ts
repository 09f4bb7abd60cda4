import { foundProblems, problemNamed } from '../../../../support/found-problems.ts';

describe('src/domain/preflight/rules/registration', () => {
  it.each([
    [{}, []],
    [{ registration: { freeId: 'vnet1gw-2' } }, ['error idTaken /id']],
    [{ registration: { registeredAs: 'north' } }, ['error gatewayRegistered /name']],
    [{ isGatewayForeign: true }, ['error gatewayExists /name']],
    [{ isGatewayForeign: false }, []],
  ])('finds in %j %j', (context, expected) => {
    expect(foundProblems({}, context)).toEqual(expected);
  });

  it('proposes an id that is free, and names the gateway that is there', () => {
    expect(problemNamed('idTaken', {}, { registration: { freeId: 'vnet1gw-2' } }).fix).toBe('Use vnet1gw-2.');
    expect(problemNamed('gatewayExists', {}, { isGatewayForeign: true }).message).toContain(
      '/virtualNetworkGateways/VNet1GW is in Azure already',
    );
  });
});
