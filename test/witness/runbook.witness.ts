/** The break-glass recipe of the runbook, run as a person would run it: with jq. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const runbook = readFileSync(resolve(__dirname, '../../docs/runbook.md'), 'utf8');

describe('docs/runbook.md: break-glass', () => {
  it('adds a revocation by hand to all that is there, without what Azure computes', () => {
    const recipe = /```sh break-glass\n([^]*?)```/.exec(runbook)?.[1] ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-runbook-'));
    const thumbprint = 'AB'.repeat(20);
    const foreign = { name: 'foreign', properties: { thumbprint: 'CD'.repeat(20), provisioningState: 'Succeeded' } };
    const before = {
      id: '/subscriptions/s/x',
      name: 'gw',
      type: 'Microsoft.Network/virtualNetworkGateways',
      etag: 'W/"1"',
      location: 'eastus',
      tags: { kept: 'yes' },
      properties: {
        provisioningState: 'Succeeded',
        resourceGuid: 'guid',
        somethingNew: { kept: true },
        sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ', capacity: 2 },
        vpnClientConfiguration: {
          vpnClientConnectionHealth: { vpnClientConnectionsCount: 1 },
          vpnClientRootCertificates: [{ name: 'root', etag: 'W/"1"', properties: { publicCertData: 'MII' } }],
          vpnClientRevokedCertificates: [foreign],
        },
      },
    };
    try {
      writeFileSync(join(folder, 'before.json'), JSON.stringify(before));
      const run = spawnSync('sh', ['-c', recipe], { cwd: folder, env: { ...process.env, THUMBPRINT: thumbprint } });
      expect(run.stderr.toString()).toBe('');

      expect(JSON.parse(readFileSync(join(folder, 'after.json'), 'utf8'))).toEqual({
        id: before.id,
        location: 'eastus',
        tags: { kept: 'yes' },
        properties: {
          somethingNew: { kept: true },
          sku: { name: 'VpnGw1AZ', tier: 'VpnGw1AZ' },
          vpnClientConfiguration: {
            vpnClientRootCertificates: [{ name: 'root', properties: { publicCertData: 'MII' } }],
            vpnClientRevokedCertificates: [
              { name: 'foreign', properties: { thumbprint: 'CD'.repeat(20) } },
              { name: `break-glass-${thumbprint}`, properties: { thumbprint } },
            ],
          },
        },
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
