import { usesRadius, withRadiusSecrets } from '../../../src/domain/radius-secrets.ts';

function aGatewayWith(configuration: object) {
  return { properties: { vpnClientConfiguration: { ...configuration, kept: 'yes' } } };
}

const secrets = {
  value: [
    { radiusServerAddress: '10.0.0.1', radiusServerSecret: 'one' },
    { radiusServerAddress: '10.0.0.2', radiusServerSecret: 'two' },
  ],
};

describe('src/domain/radius-secrets', () => {
  it('tells a gateway with RADIUS from one without', () => {
    expect(usesRadius(aGatewayWith({}))).toBe(false);
    expect(usesRadius(aGatewayWith({ radiusServers: [] }))).toBe(false);
    expect(usesRadius(aGatewayWith({ radiusServerAddress: '10.0.0.1' }))).toBe(true);
    expect(usesRadius(aGatewayWith({ radiusServers: [{ radiusServerAddress: '10.0.0.2' }] }))).toBe(true);
  });

  it('puts each secret back at its own server', () => {
    const gateway = aGatewayWith({
      radiusServerAddress: '10.0.0.1',
      radiusServers: [{ radiusServerAddress: '10.0.0.2', radiusServerScore: 5 }],
    });

    expect(withRadiusSecrets(gateway, secrets)).toEqual(
      aGatewayWith({
        radiusServerAddress: '10.0.0.1',
        radiusServerSecret: 'one',
        radiusServers: [{ radiusServerAddress: '10.0.0.2', radiusServerScore: 5, radiusServerSecret: 'two' }],
      }),
    );
  });

  it('invents nothing for a server whose secret Azure does not tell', () => {
    const gateway = aGatewayWith({ radiusServers: [{ radiusServerAddress: '10.0.0.9' }] });

    expect(withRadiusSecrets(gateway, secrets)).toEqual(gateway);
  });
});
