/** The connector's steps on the side of Azure Stack: its host, the privileged endpoint behind it, and AzS-WASP01. */
import { renderDataFile } from '../../../../sandbox/windows/connector/data-file.ts';
import { cloudAdmin, clouds, domainAdmin, on } from './connector-requests.ts';
import { type Scenario, wholeOf } from './scenario.ts';

export const azureStackScenarios: Readonly<Record<string, Scenario>> = {
  'the users and the network': on(
    'azs-host1',
    ['W3', 'probe', 'fine'],
    [
      'W3',
      'probe',
      'fine',
      { parameters: { userPrincipalNames: [] }, secrets: { credential: { ...domainAdmin, password: 'wrong' } } },
    ],
    ['W3', 'probe', 'authFailed', { secrets: { credential: { ...domainAdmin, password: 'wrong' } } }],
    ['W3', 'probe', 'fine'],
    ['W6', 'probe', 'fine', { parameters: { endpoints: [] } }],
    [
      'W6',
      'probe',
      'fine',
      {
        parameters: {
          endpoints: [
            { host: 'wapcomputer1.contoso.com', port: 30081 },
            { host: 'wapcomputer1.contoso.com', port: 40005 },
            { host: 'portal.azurestack.local', port: 443 },
            { host: 'nowhere.contoso.com', port: 443 },
          ],
        },
      },
    ],
    ['nothing gets through to the other one', ({ network }) => network.blocked.push({ from: '*', to: 'wapcomputer2' })],
    ['W6', 'probe', 'fine', { parameters: { endpoints: [{ host: 'wapcomputer2.contoso.com', port: 30081 }] } }],
  ),
  CredSSP: on(
    'azs-host1',
    ['W12', 'probe', 'toolFailed'],
    ...wholeOf('W11'),
    ['another computer was allowed before', ({ machines }) => machines[0]?.winRm.credSspDelegates.push('azs-ercs02')],
    ['W11', 'apply', 'changed'],
    ['W12', 'probe', 'fine'],
    ['a third one is allowed meanwhile', ({ machines }) => machines[0]?.winRm.credSspDelegates.push('azs-ercs03')],
    ['W11', 'undo', 'changed'],
    ['W11', 'apply', 'fine', { parameters: { computerName: 'azs-ercs02' } }],
    ['W11', 'undo', 'fine', { parameters: { computerName: 'azs-ercs02' } }],
  ),
  'the privileged endpoint': on(
    'azs-host1',
    ['W12', 'probe', 'fine', { parameters: { authentication: 'Default' } }],
    [
      'W12',
      'probe',
      'authFailed',
      { parameters: { authentication: 'Default' }, secrets: { credential: { ...cloudAdmin, password: 'wrong' } } },
    ],
    ['W12', 'probe', 'authFailed', { parameters: { authentication: 'Default' }, secrets: { credential: domainAdmin } }],
    ['W12', 'probe', 'unreachable', { parameters: { authentication: 'Default', computerName: 'azs-none' } }],
    ['W13', 'probe', 'notDone'],
    ['W13', 'verify', 'verifyFailed'],
    ['W13', 'apply', 'authFailed', { secrets: { credential: { ...cloudAdmin, password: 'wrong' } } }],
    ['W13', 'apply', 'unreachable', { parameters: { computerName: 'azs-none' } }],
    ['W13', 'apply', 'toolFailed', { parameters: { authentication: 'Credssp' } }],
    ['W13', 'apply', 'changed'],
    ['W13', 'verify', 'fine'],
    ['W13', 'probe', 'notDone', { parameters: { since: '2096-01-01T00:00:00.000Z' } }],
    ['W13', 'probe', 'authFailed', { secrets: { shareCredential: { ...domainAdmin, password: 'wrong' } } }],
    ['W13', 'probe', 'unreachable', { parameters: { share: '\\\\nowhere\\share' } }],
    ['W13', 'undo', 'changed'],
    ['W13', 'undo', 'changed'],
    ['W13', 'probe', 'fine'],
    [
      'it says other words first, then fails, then breaks off twice',
      ({ connector }) => {
        connector.privilegedEndpoint.nextTranscripts.push('unknownWords', 'error', 'silent', 'brokenBeforeSuccess');
      },
    ],
    ['W13', 'apply', 'changed'],
    ['W13', 'apply', 'toolFailed'],
    ['W13', 'apply', 'timedOut'],
    ['W13', 'apply', 'timedOut'],
    ['W13', 'undo', 'changed'],
    [
      'it is a later build',
      ({ connector }) => Object.assign(connector.privilegedEndpoint, { hasAzurePackCommand: false }),
    ],
    ['W12', 'probe', 'precondition', { parameters: { authentication: 'Default' } }],
    ['W13', 'apply', 'toolFailed'],
    ['W13', 'undo', 'toolFailed'],
  ),
  'the data files': on(
    'azs-host1',
    ['W15', 'probe', 'fine'],
    ['W16', 'probe', 'precondition'],
    [
      'there are some, one of them not ours, one too large',
      ({ connector }) => {
        const { realm, signingCertificate } = connector.azureStack;
        const writtenAt = '2017-06-27T15:50:01.250Z';
        const text = renderDataFile({ endpoint: clouds[0]?.endpoint ?? '', realm, signingCertificate }, 'json');
        connector.outputFiles.push(
          {
            name: 'AzurePack-3.txt',
            text: 'x'.repeat(1_200_000) + (clouds[1]?.endpoint ?? ''),
            isUtf16: false,
            writtenAt,
          },
          { name: 'AzurePack-2.txt', text, isUtf16: true, writtenAt },
          { name: 'AzurePack-1.txt', text, isUtf16: false, writtenAt },
        );
      },
    ],
    ['W15', 'probe', 'fine'],
    ['W16', 'probe', 'fine'],
    ['W16', 'probe', 'precondition', { parameters: { sha256: 'a'.repeat(64) } }],
    ['W16', 'probe', 'precondition', { parameters: { fileName: 'AzurePack-3.txt' } }],
    ['W13', 'probe', 'notDone'],
    ['W15', 'probe', 'authFailed', { secrets: { shareCredential: { ...domainAdmin, password: 'wrong' } } }],
    ['W15', 'probe', 'unreachable', { parameters: { share: '\\\\nowhere\\share' } }],
    ['W16', 'probe', 'authFailed', { secrets: { shareCredential: { ...domainAdmin, password: 'wrong' } } }],
  ),
  'the issuer on the portal of Azure Stack': on(
    'azs-wasp01',
    ...wholeOf('W8'),
    ['W8', 'apply', 'precondition', { parameters: { thumbprint: 'A'.repeat(40) } }],
    ['W8', 'apply', 'changed', { parameters: { store: 'Root' } }],
    ['W8', 'probe', 'notDone'],
    [
      'somebody takes it away',
      ({ machines }) => {
        for (const machine of machines.filter(({ id }) => id === 'azs-wasp01')) machine.certificates = [];
      },
    ],
    ['W8', 'undo', 'fine', { parameters: { store: 'Root' } }],
  ),
};
