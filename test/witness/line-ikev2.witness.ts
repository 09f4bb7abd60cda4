/**
 * The line with real clients of other kinds than OpenVPN 2: the kits as the API answers them, for strongSwan and
 * OpenVPN 3, and the sessions as it lists and cuts them. Needs root.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectClient } from '../../sandbox/vpn/client.ts';
import { readPublishedGateways } from '../../sandbox/vpn/published-gateways.ts';
import {
  acceptedOperation,
  advanceUntil,
  aKeyAndRequest,
  buildGateway,
  createRoot,
  expectStatus,
  getOperation,
  issue,
  kit,
  makeProfile,
  revoke,
  trustRoot,
} from '../e2e/support/line.ts';
import { unpackKit } from '../support/kits/unpack-kit.ts';
import { type RunningTestStack, startStack, waitUntil } from '../support/stack.ts';
import { IkeMachine } from './support/ike-machine.ts';

const gatewayId = 'vnet1gw';
const insideAddress = '10.1.0.4';
const timeoutMs = 600_000;
const followMs = 120_000;

interface Session {
  readonly connectionId: string;
  readonly commonName: string;
}

describe('src/main, with real clients by IKEv2 and OpenVPN 3', () => {
  let stack: RunningTestStack;
  let fqdn: string;
  const machines: IkeMachine[] = [];

  beforeAll(async () => {
    stack = await startStack({ speed: 4000, with: ['vpn'] });
    await buildGateway(stack);
    await createRoot(stack, 'root-1');
    await trustRoot(stack, gatewayId, 'root-1');
    await makeProfile(stack, gatewayId);
    fqdn = String(expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/profile`), 200)['serverFqdn']);
    await waitUntil(() => {
      const { gateways, ikeGateways } = readPublishedGateways(stack.directory);
      return [gateways, ikeGateways].every((list) => list.some((gateway) => gateway.fqdn === fqdn));
    }, followMs);
  }, timeoutMs);

  afterEach(async () => {
    await Promise.all(machines.splice(0).map((machine) => machine.shutDown()));
  });

  afterAll(async () => {
    await stack.stop();
  }, timeoutMs);

  async function enrol(name: string, platform: string) {
    const { keyPem, csrPem } = aKeyAndRequest(name);
    const { thumbprint, subject } = await issue(stack, { rootId: 'root-1', owner: `${name}@example.com`, csr: csrPem });
    const { fileName, content, keyFileName } = await kit(stack, thumbprint, gatewayId, platform);
    const archive = { fileName, content: Buffer.from(content, 'base64'), keyFileName };
    return { thumbprint, commonName: subject.commonName, keyPem, archive };
  }

  async function sessionsNamed(commonName: string): Promise<readonly Session[]> {
    const body = expectStatus(await stack.api('GET', `/api/gateways/${gatewayId}/sessions`), 200);
    return (body['items'] as readonly Session[]).filter((session) => session.commonName === commonName);
  }

  /** Azure counts its sessions now and then. */
  async function untilListed(commonName: string, count: number): Promise<readonly Session[]> {
    let found: readonly Session[] = [];
    await waitUntil(async () => (found = await sessionsNamed(commonName)).length === count, followMs);
    return found;
  }

  it(
    'lets the kit for strongSwan in, lists and cuts the session, and refuses the certificate once it is revoked',
    async () => {
      const { thumbprint, commonName, keyPem, archive } = await enrol('ann', 'strongswan');
      const machine = await IkeMachine.boot(stack.directory, fqdn, archive, keyPem);
      machines.push(machine);
      await waitUntil(async () => (await machine.connect()).code === 0, followMs);
      const [address = ''] = await machine.addresses('172.16.201.');
      expect(await machine.ping(insideAddress)).toBe(true);

      const [session] = await untilListed(commonName, 1);
      expect(session).toMatchObject({
        protocol: 'IkeV2',
        address,
        isInPool: true,
        identity: 'known',
        certificates: [{ thumbprint, owner: 'ann-example-com', state: 'issued' }],
      });

      const choice = { connectionIds: [session?.connectionId] };
      const path = `/api/gateways/${gatewayId}/sessions/disconnect`;
      const { id } = acceptedOperation(await stack.api('POST', path, choice));
      await waitUntil(async () => (await machine.addresses('172.16.201.')).length === 0, followMs);
      // It looks again by a later count of Azure's.
      await advanceUntil(stack, async () => ['succeeded', 'failed'].includes((await getOperation(stack, id)).status));
      expect(await getOperation(stack, id)).toMatchObject({
        status: 'succeeded',
        result: { disconnected: choice.connectionIds, leftAlone: [] },
      });
      expect(await sessionsNamed(commonName)).toEqual([]);
      expect(await machine.ping(insideAddress)).toBe(false);

      expect((await machine.connect()).code).toBe(0);
      await revoke(stack, thumbprint);
      await waitUntil(async () => (await machine.addresses('172.16.201.')).length === 0, followMs);
      expect((await machine.connect()).code).toBe(1);
    },
    timeoutMs,
  );

  it(
    'lets a profile in that the kit for OpenVPN 3 completes on the machine of the key',
    async () => {
      const { commonName, keyPem, archive } = await enrol('bob', 'openvpn3');
      const folder = mkdtempSync(join(tmpdir(), 'gatehouse-kit-'));
      const files = { ...unpackKit(archive), [archive.keyFileName]: keyPem };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
      execFileSync('bash', [join(folder, 'complete.sh')], { stdio: 'ignore' });
      const ovpnFile = join(folder, archive.keyFileName.replace(/\.key$/, '-with-key.ovpn'));
      let client = await connectClient({ stackDir: stack.directory, ovpnFile, fqdn });
      await waitUntil(async () => {
        if (client.outcome === 'refused') client = await connectClient({ stackDir: stack.directory, ovpnFile, fqdn });
        return client.outcome === 'connected';
      }, followMs);
      try {
        expect(client.outcome === 'connected' && (await client.ping(insideAddress))).toBe(true);
        expect(await untilListed(commonName, 1)).toMatchObject([{ protocol: 'OpenVPN', isInPool: true }]);
      } finally {
        if (client.outcome === 'connected') await client.stop();
        rmSync(folder, { recursive: true });
      }
    },
    timeoutMs,
  );
});
