// What a tenant sees in Azure Stack's portal: a WAP cloud works when every piece of the procedure is right, and only
// then.
import { thumbprintOf } from '../../../sandbox/windows/connector/data-file.ts';
import type { StepOutcome } from '../../../sandbox/windows/world/records.ts';
import { dataFileOf, installConnector, runMultiCloud } from '../../support/windows/connector-machines.ts';
import {
  aConnectorWorld,
  connectorPackage,
  type ConnectorWorld,
  issuersOf,
  packageFolder as folder,
  portalThumbprint,
  realm,
  sqlAdmin,
} from '../../support/windows/connector-world.ts';

const wap = 'wapcomputer1';
const host = 'wapcomputer1.contoso.com';
const cloud = 'AzurePack_1';

let test: ConnectorWorld;

beforeEach(async () => {
  test = await aConnectorWorld();
  connect();
});

describe('sandbox/windows/connector/portal', () => {
  it('lists the virtual machines when all is done', () => {
    expect(test.view(cloud)).toEqual({ isListed: true, errors: [], virtualMachines: ['wapcomputer1-vm1'] });
    expect(test.view(cloud, 'client').errors).toEqual([]);
  });

  it('lists a cloud that is not configured yet, with errors', () => {
    expect(test.view('AzurePack_2')).toMatchObject({ isListed: true, virtualMachines: [] });
    expect(test.view('AzurePack_2').errors.length).toBeGreaterThan(0);
  });

  it('lists no cloud once multi-cloud mode is off', () => {
    runMultiCloud(test, 'undo');

    expect(test.view(cloud).isListed).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ['the network is cut', () => test.world.network.blocked.push({ from: 'wasp', to: wap, port: 40_005 })],
    ['the name does not resolve', () => (test.world.network.unresolved['wasp'] = [host])],
    ['the issuer is not trusted', () => (test.machine('wasp').certificates = [])],
    ['the certificate is not bound', () => delete test.part(wap).sites[2]?.thumbprint],
    [
      'the connector has other names',
      () => run('W22', 'apply', { ...names(), azureStackPortalFqdn: 'wapcomputer2.contoso.com' }),
    ],
    [
      'the connector knows another Tenant API',
      () => run('W22', 'apply', { ...names(), tenantApiFqdn: 'wapcomputer2.contoso.com' }),
    ],
    ['the connector is uninstalled', () => run('W19', 'undo', { folder })],
    ['a site is stopped', () => Object.assign(test.part(wap).sites[2] ?? {}, { state: 'Stopped' })],
    ['the Tenant API is the one from before', () => run('W27', 'undo', { folder })],
    ['the trust is taken back', () => run('W31', 'undo', trust())],
    ['another certificate signs the tokens', () => (test.connector.azureStack.realm = 'https://adfs.other.example/')],
    ['the machine has to start again', () => (test.machine(wap).isRestartPending = true)],
    ['the machine is off', () => (test.machine(wap).power = 'off')],
  ])('shows errors and no virtual machines where %s', (_, spoil) => {
    spoil();

    const view = test.view(cloud);

    expect(view).toMatchObject({ isListed: true, virtualMachines: [] });
    expect(view.errors.length).toBeGreaterThan(0);
  });

  it('works from the portal and not from a computer that does not trust the certificate', () => {
    test.machine('client').certificates = [];

    expect(test.view(cloud).errors).toEqual([]);
    expect(test.view(cloud, 'client').errors).toHaveLength(1);
  });
});

/** The procedure for one cloud, step by step, as the procedure does it. */
function connect(): void {
  for (const issuer of issuersOf(test, wap, host)) test.run('W8', 'apply', 'wasp', issuer);
  runMultiCloud(test, 'apply');
  installConnector(test, wap);
  run('W21', 'apply', { folder, thumbprint: portalThumbprint(test, wap) });
  run('W22', 'apply', names());
  run('W18', 'apply', connectorPackage);
  const { parameters, secrets } = dataFileOf(test, 1);
  test.run('W26', 'apply', wap, parameters, { secrets });
  run('W27', 'apply', { folder });
  run('W31', 'apply', trust());
}

function run(step: string, mode: 'apply' | 'undo', parameters: object): StepOutcome {
  return test.run(step, mode, wap, parameters, { runAs: sqlAdmin });
}

function names() {
  return {
    folder,
    tenantPortalFqdn: host,
    tenantApiFqdn: host,
    azureStackPortalFqdn: test.connector.azureStack.portalFqdn,
  };
}

function trust() {
  const thumbprint = thumbprintOf(test.connector.azureStack.signingCertificate);
  return { ...dataFileOf(test, 1).parameters, sqlServer: wap, realm, thumbprint };
}
