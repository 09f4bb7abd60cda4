/** The connector's steps on a computer with all of Windows Azure Pack. */
import type { WindowsMachine, WorldParts } from '../../../../sandbox/windows/world/records.ts';
import {
  connectorPackage,
  folder,
  on,
  otherPackage,
  rewriteInstaller,
  thumbprintOf,
  uri,
} from './connector-requests.ts';
import { type Line, type Scenario, wholeOf } from './scenario.ts';

function wap(how: (machine: WindowsMachine) => void): (world: WorldParts) => void {
  return ({ machines }) => {
    for (const machine of machines.filter(({ id }) => id === 'wapcomputer1')) how(machine);
  };
}

const offered: Line = [
  'the package and the installer can be had',
  ({ connector }) => {
    for (const each of connector.packages) {
      each.sha256 = each.kind === 'connector' ? connectorPackage.sha256 : rewriteInstaller.sha256;
    }
  },
];
const hasUrlRewrite: Line = [
  'URL Rewrite is installed',
  wap(({ azurePack }) => Object.assign(azurePack.urlRewrite, { version: '7.2' })),
];
const isBusy: Line = ['another installation runs', wap(({ installer }) => Object.assign(installer, { busyTimes: 1 }))];
const wantsRestart: Line = [
  'the next installation ends with a restart',
  wap(({ installer }) => Object.assign(installer, { rebootTimes: 1 })),
];
const installed: readonly Line[] = [offered, hasUrlRewrite, ['W18', 'apply', 'changed'], ['W19', 'apply', 'changed']];

export const azurePackScenarios: Readonly<Record<string, Scenario>> = {
  'the installed versions': on(
    'wapcomputer1',
    ['W2', 'probe', 'fine'],
    [
      'W2',
      'probe',
      'precondition',
      {
        parameters: {
          products: [
            { name: 'wap', minimum: '3.34' },
            { name: 'vmm', minimum: '3.2' },
          ],
        },
      },
    ],
    [
      'SPF is there, and one role of WAP is older',
      wap(({ products }) =>
        products.push(
          { name: 'Windows Azure Pack - AdminSite - 2013', version: '3.32.8196.14' },
          { name: 'System Center 2012 R2 Service Provider Foundation', version: '7.2.379.0' },
        ),
      ),
    ],
    [
      'W2',
      'probe',
      'precondition',
      {
        parameters: {
          products: [
            { name: 'wap', minimum: '3.33' },
            { name: 'spf', minimum: '7.2.379' },
          ],
        },
      },
    ],
  ),
  'the certificate of the portal': on(
    'wapcomputer1',
    ['W7', 'probe', 'fine'],
    ['W7', 'probe', 'precondition', { parameters: { tenantPortalFqdn: 'other.contoso.com' } }],
    ['W7', 'probe', 'precondition', { parameters: { thumbprint: 'A'.repeat(40) } }],
    [
      'its key is elsewhere',
      wap(({ certificates }) => {
        for (const each of certificates) each.hasPrivateKey = false;
      }),
    ],
    ['W7', 'probe', 'precondition'],
    [
      'its key is back, and its issuer is not known',
      wap((machine) => {
        machine.certificates = machine.certificates.filter(({ store }) => store !== 'CA');
        for (const each of machine.certificates) each.hasPrivateKey = true;
      }),
    ],
    ['W7', 'probe', 'precondition'],
    [
      'the site has no certificate',
      wap(({ azurePack }) => {
        for (const site of azurePack.sites) delete site.thumbprint;
      }),
    ],
    ['W7', 'probe', 'precondition'],
  ),
  'URL Rewrite': on(
    'wapcomputer1',
    offered,
    ...wholeOf('W10'),
    ['W10', 'apply', 'precondition', { parameters: { installerSha256: 'a'.repeat(64) } }],
    ['W10', 'apply', 'toolFailed', { parameters: { installerUri: uri, installerSha256: connectorPackage.sha256 } }],
    isBusy,
    ['W10', 'apply', 'busy'],
    wantsRestart,
    ['W10', 'apply', 'rebootRequired'],
    isBusy,
    ['W10', 'undo', 'busy'],
    wantsRestart,
    ['W10', 'undo', 'rebootRequired'],
    [
      'its signature is wrong',
      ({ connector }) => {
        for (const each of connector.packages) each.signature = 'NotTrusted';
      },
    ],
    ['W10', 'apply', 'precondition'],
    ['somebody installed it', wap(({ azurePack }) => Object.assign(azurePack.urlRewrite, { version: '7.1' }))],
    ['W10', 'apply', 'fine'],
    ['W10', 'undo', 'fine'],
  ),
  'the package': on(
    'wapcomputer1',
    offered,
    ...wholeOf('W18'),
    ['W18', 'apply', 'precondition', { parameters: { sha256: otherPackage.sha256 } }],
    ['W18', 'apply', 'toolFailed', { parameters: { uri: 'https://packages.contoso.com/nothing.zip' } }],
    ['W18', 'apply', 'toolFailed', { parameters: { uri: 'https://nowhere.contoso.com/WAPConnector.zip' } }],
    ['the disk is full', wap(({ azurePack }) => Object.assign(azurePack, { freeDiskBytes: 100 }))],
    ['W18', 'apply', 'toolFailed'],
    [
      'it is not, and no file is signed',
      ({ machines, connector }) => {
        for (const { azurePack } of machines) azurePack.freeDiskBytes = 20_000_000_000;
        for (const each of connector.packages) each.signature = 'NotSigned';
      },
    ],
    ['W18', 'apply', 'changed'],
    ['W18', 'undo', 'changed'],
    [
      'the signatures are wrong',
      ({ connector }) => {
        for (const each of connector.packages) each.signature = 'HashMismatch';
      },
    ],
    ['W18', 'apply', 'precondition'],
    [
      'they are right, and another package is offered',
      ({ connector }) => {
        for (const each of connector.packages) {
          Object.assign(each, { signature: 'Valid', sha256: otherPackage.sha256, version: '3.41.0.0' });
        }
      },
    ],
    ['W18', 'apply', 'changed', { parameters: { sha256: otherPackage.sha256 } }],
    ['W18', 'verify', 'verifyFailed'],
    offered,
    ['W18', 'verify', 'fine', { parameters: { sha256: otherPackage.sha256 } }],
    ['W18', 'undo', 'changed'],
  ),
  'a package that somebody unpacked': on(
    'wapcomputer1',
    offered,
    [
      'somebody did',
      wap(({ azurePack }) =>
        Object.assign(azurePack.staged, { [folder]: { sha256: 'b'.repeat(64), version: '3.0', isByHand: true } }),
      ),
    ],
    ['W18', 'probe', 'notDone'],
    ['W18', 'undo', 'fine'],
    ['W18', 'apply', 'changed'],
    ['W18', 'undo', 'changed'],
    ['W18', 'probe', 'notDone'],
  ),
  'the connector': on(
    'wapcomputer1',
    offered,
    ['W19', 'probe', 'notDone'],
    ['W20', 'probe', 'verifyFailed'],
    ['W19', 'apply', 'precondition'],
    hasUrlRewrite,
    ['W19', 'apply', 'precondition'],
    ['W21', 'apply', 'precondition'],
    ['W22', 'apply', 'precondition'],
    ['W18', 'apply', 'changed'],
    ['W21', 'apply', 'toolFailed'],
    ['W21', 'undo', 'fine'],
    isBusy,
    ['W19', 'apply', 'busy'],
    ['W19', 'apply', 'changed'],
    ['W19', 'probe', 'fine'],
    ['W19', 'verify', 'fine'],
    ['W19', 'apply', 'changed'],
    ['W20', 'probe', 'fine'],
    ['one is stopped', wap(({ azurePack }) => Object.assign(azurePack.sites.at(-1) ?? {}, { state: 'Stopped' }))],
    ['W20', 'probe', 'verifyFailed'],
    isBusy,
    ['W19', 'undo', 'busy'],
    ['W19', 'undo', 'changed'],
    ['W19', 'verify', 'verifyFailed'],
    ['W19', 'undo', 'fine'],
    wantsRestart,
    ['W19', 'apply', 'rebootRequired'],
    wantsRestart,
    ['W19', 'undo', 'rebootRequired'],
    isBusy,
    ['W19', 'undo', 'busy'],
  ),
  'the certificate of the connector': on(
    'wapcomputer1',
    ...installed,
    ...wholeOf('W21').slice(0, 7),
    ['W21', 'apply', 'precondition', { parameters: { thumbprint: 'A'.repeat(40) } }],
    ['W21', 'undo', 'fine'],
    [
      'another one was bound before',
      wap(({ azurePack, certificates }) => {
        certificates.push({
          ...certificates[0],
          location: 'LocalMachine',
          store: 'My',
          certificate: certificates[1]?.certificate ?? '',
          hasPrivateKey: true,
        });
        for (const site of azurePack.sites) site.thumbprint = thumbprintOf(certificates[1]?.certificate);
      }),
    ],
    ['W21', 'probe', 'notDone'],
    ['W21', 'apply', 'changed'],
    ['W21', 'undo', 'changed'],
    ['W21', 'undo', 'fine'],
    ['W21', 'apply', 'changed'],
    [
      'somebody binds the former one',
      wap(({ azurePack, certificates }) => {
        for (const site of azurePack.sites) site.thumbprint = thumbprintOf(certificates[1]?.certificate);
      }),
    ],
    ['W21', 'undo', 'fine'],
  ),
  'the names of the connector': on(
    'wapcomputer1',
    ...installed,
    ...wholeOf('W22'),
    ['W22', 'apply', 'precondition', { parameters: { tenantApiFqdn: 'nowhere.contoso.com' } }],
    ['W22', 'apply', 'changed'],
    ['W22', 'probe', 'notDone', { parameters: { tenantPortalFqdn: 'other.contoso.com' } }],
    [
      'somebody changes a file',
      wap(({ azurePack }) => Object.assign(azurePack.sites.at(-1)?.settings ?? {}, { tenantApiFqdn: 'x.contoso.com' })),
    ],
    ['W22', 'verify', 'verifyFailed'],
    ['W22', 'apply', 'changed'],
    ['W22', 'undo', 'changed'],
  ),
  'the Tenant API': on(
    'wapcomputer1',
    ['W28', 'probe', 'fine'],
    ['there are errors', wap(({ azurePack }) => Object.assign(azurePack.tenantApi ?? {}, { eventLogErrors: 2 }))],
    ['W28', 'probe', 'verifyFailed'],
    [
      'its site is stopped',
      wap(({ azurePack }) => {
        for (const site of azurePack.sites) site.state = 'Stopped';
      }),
    ],
    ['W28', 'probe', 'verifyFailed'],
    ['W30', 'probe', 'notDone'],
    ['W30', 'probe', 'fine', { parameters: { isServerKnown: true } }],
    ['W30', 'verify', 'fine'],
    ['W30', 'apply', 'changed'],
    ['W30', 'apply', 'fine', { parameters: { isServerKnown: true } }],
    [
      'somebody left it open',
      wap(({ azurePack }) => Object.assign(azurePack.tenantApi ?? {}, { isWebConfigProtected: false })),
    ],
    ['W30', 'probe', 'notDone', { parameters: { isServerKnown: true } }],
    ['W30', 'verify', 'verifyFailed'],
    ['W30', 'apply', 'changed', { parameters: { isServerKnown: true } }],
    [
      'its site is gone',
      wap(({ azurePack }) => {
        azurePack.sites = azurePack.sites.filter(({ name }) => name !== 'MgmtSvc-TenantAPI');
      }),
    ],
    ['W28', 'probe', 'verifyFailed'],
    [
      'all of it is gone',
      wap(({ azurePack }) => {
        azurePack.sites = [];
        delete azurePack.tenantApi;
      }),
    ],
    ...['W19', 'W20', 'W21', 'W22', 'W28', 'W30'].map((stepId) => [stepId, 'probe', 'precondition'] as const),
    ['W31', 'probe', 'precondition'],
    ['W21', 'undo', 'precondition'],
    ['W22', 'undo', 'precondition'],
  ),
  'the trust': on(
    'wapcomputer1',
    offered,
    ['W26', 'apply', 'precondition'],
    ['W31', 'apply', 'precondition'],
    ['W18', 'apply', 'changed'],
    ['W31', 'apply', 'precondition'],
    ...wholeOf('W26'),
    ['W26', 'apply', 'precondition', { secrets: { content: Buffer.from('another').toString('base64') } }],
    ['W26', 'apply', 'changed'],
    ['W31', 'probe', 'notDone'],
    ['W31', 'probe', 'authFailed', { runAs: 'CONTOSO\\nobody' }],
    ['W31', 'probe', 'unreachable', { parameters: { sqlServer: 'nowhere' } }],
    ...wholeOf('W31').filter(([, mode], index) => !(mode === 'apply' && index === 6)),
    ['W31', 'apply', 'changed'],
    ['W31', 'apply', 'changed'],
    ['W31', 'apply', 'precondition', { parameters: { sha256: 'a'.repeat(64) } }],
    [
      'the settings do not show it',
      ({ connector }) => {
        for (const server of Object.values(connector.sqlServers)) server.showsTrusts = false;
      },
    ],
    ['W31', 'verify', 'verifyFailed'],
    ['W31', 'apply', 'changed'],
    ['W31', 'verify', 'fine'],
    ['W31', 'undo', 'changed'],
    [
      'it can sign in and no more',
      ({ connector }) => {
        for (const server of Object.values(connector.sqlServers)) {
          Object.assign(server, { logins: server.sysadmins, sysadmins: [] });
        }
      },
    ],
    ['W31', 'probe', 'precondition'],
    [
      'there is no store',
      ({ connector }) => {
        for (const server of Object.values(connector.sqlServers)) {
          Object.assign(server, { sysadmins: server.logins, hasStore: false });
        }
      },
    ],
    ['W31', 'probe', 'precondition'],
  ),
};
