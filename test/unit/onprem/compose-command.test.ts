import fc from 'fast-check';
import { AppError } from '../../../src/domain/app-error.ts';
import { composeCommand, type StepCommand } from '../../../src/onprem/compose-command.ts';

const installVpn: StepCommand = {
  stepId: 'P4',
  mode: 'apply',
  parameters: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' },
  secrets: {},
  transport: 'ssh',
  vaultUrl: 'https://vault.example',
};
const findCertificate: StepCommand = {
  ...installVpn,
  stepId: 'P16',
  mode: 'probe',
  parameters: { subjectPatterns: ['CN=*'] },
};
const setKey: StepCommand = {
  ...installVpn,
  stepId: 'P7',
  parameters: { keyIsCurrent: false },
  secrets: { sharedKey: 'l2tp-key-1' },
};
const hostileTexts = [
  `' ; Remove-Item C:\\ -Recurse ; '`,
  '"; shutdown /r; "',
  '$(Get-Content C:\\secret)',
  '`n`0`$env:TEMP',
  'line one\nline two\r\n# Gatehouse step C2',
  'Größe – “quotes” 漢字 \u{1F600} \u2028',
  "'@\n}\nGet-Process\n$x = @'",
  '$&$1$$',
];

function decode(invocation: string): unknown {
  return JSON.parse(Buffer.from(invocation, 'base64url').toString('utf8'));
}

function refusalOf(command: StepCommand): AppError {
  try {
    composeCommand(command);
  } catch (error: unknown) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('The command was composed.');
}

describe('src/onprem/compose-command.ts', () => {
  test('names the step in the first line and takes the invocation as its one parameter', () => {
    const { script } = composeCommand(installVpn);

    expect(script.split('\n').slice(0, 2)).toEqual(['# Gatehouse step P4', '# Install the VPN role']);
    expect(script).toContain("[ValidatePattern('^[A-Za-z0-9_-]+$')]\n  [string]$Invocation\n");
    expect(script).toContain("\n$StepId = 'P4'\n$Step = {\n");
    expect(script).toMatch(/^[\n\x20-\x7e]+$/);
  });

  test('puts parameters, mode and source into the invocation', () => {
    const { invocation, secrets } = composeCommand(installVpn);

    expect(invocation).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decode(invocation)).toEqual({
      v: 1,
      step: 'P4',
      mode: 'apply',
      parameters: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' },
      secrets: {},
      source: 'file',
    });
    expect(secrets).toEqual({});
  });

  test.each(hostileTexts)('keeps the script the same, byte by byte, for %j', (text) => {
    const { script } = composeCommand(findCertificate);

    const hostile = composeCommand({ ...findCertificate, parameters: { subjectPatterns: [text] } });

    expect(hostile.script).toBe(script);
    expect(hostile.invocation).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decode(hostile.invocation)).toMatchObject({ parameters: { subjectPatterns: [text] } });
  });

  test('keeps the script the same for any text', () => {
    const { script } = composeCommand(findCertificate);

    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }), (text) => {
        const composed = composeCommand({ ...findCertificate, parameters: { subjectPatterns: [text] } });
        expect(composed.script).toBe(script);
        expect(decode(composed.invocation)).toMatchObject({ parameters: { subjectPatterns: [text] } });
      }),
    );
  });

  test('names secrets without where to find them when the connection brings them', () => {
    const { invocation, secrets } = composeCommand(setKey);

    expect(secrets).toEqual({ sharedKey: { name: 'l2tp-key-1', use: 'l2tpKey' } });
    expect(decode(invocation)).toMatchObject({
      source: 'file',
      secrets: { sharedKey: { name: 'l2tp-key-1', kind: 'text' } },
    });
    expect(JSON.stringify(decode(invocation))).not.toContain('vault.example');
  });

  test('names the vault where the machine reads secrets itself', () => {
    const via = { computerName: 'natvm', credentialSecret: 'account-natvm-admin' };

    const { invocation, secrets } = composeCommand({ ...setKey, via, transport: 'arc' });

    const vaultUrl = 'https://vault.example';
    expect(decode(invocation)).toMatchObject({
      source: 'vault',
      secrets: { sharedKey: { name: 'l2tp-key-1', kind: 'text', vaultUrl } },
      via: { computerName: 'natvm', credential: { name: 'account-natvm-admin', kind: 'credential', vaultUrl } },
    });
    expect(secrets).toEqual({
      sharedKey: { name: 'l2tp-key-1', use: 'l2tpKey' },
      viaCredential: { name: 'account-natvm-admin', use: 'account' },
    });
  });

  test('asks the person where a person runs it', () => {
    expect(decode(composeCommand({ ...setKey, transport: 'manual' }).invocation)).toMatchObject({ source: 'prompt' });
  });

  test.each<[string, Partial<StepCommand>]>([
    ['an unknown step', { stepId: 'P99' }],
    ['a mode that the step does not have', { stepId: 'C1', mode: 'undo', parameters: {} }],
    ['a parameter of the wrong type', { parameters: { addressFrom: 1, addressTo: '192.168.200.230' } }],
    ['an unknown parameter', { parameters: { ...installVpn.parameters, mode: 'undo' } }],
    ['a missing parameter', { parameters: { addressFrom: '192.168.200.201' } }],
    ['a secret that the step does not take', { secrets: { sharedKey: 'l2tp-key-1' } }],
    ['a name that is none of a secret', { ...setKey, secrets: { sharedKey: '../keys/root' } }],
    [
      'a machine behind with no name',
      { via: { computerName: "natvm'; calc", credentialSecret: 'account-natvm-admin' } },
    ],
    ['a secret that is set aside for another use', { ...setKey, secrets: { sharedKey: 'account-cloud-admin' } }],
    ['a secret that is set aside for nothing', { ...setKey, secrets: { sharedKey: 'administrator-key' } }],
    ['a key as the account behind', { via: { computerName: 'natvm', credentialSecret: 'l2tp-key-1' } }],
    ['an account behind with no name', { via: { computerName: 'natvm', credentialSecret: 'a/b?c' } }],
    ['a missing secret', { stepId: 'P7', parameters: { keyIsCurrent: true } }],
  ])('refuses %s', (_, part) => {
    expect(refusalOf({ ...installVpn, ...part }).code).toBe('ERR_REQUEST_INVALID');
  });

  test('points to the parameter without quoting its value', () => {
    const refusal = refusalOf({ ...installVpn, parameters: { addressFrom: 'hunter2', addressTo: '192.168.200.230' } });

    expect(refusal.problems).toMatchObject([{ path: '/parameters/addressFrom' }]);
    expect(JSON.stringify([refusal.message, refusal.problems])).not.toContain('hunter2');
  });

  test('refuses what no command line could carry', () => {
    const userPrincipalNames = Array.from(
      { length: 200 },
      (_, index) => `${'a'.repeat(60)}${index}@${'b'.repeat(60)}.example`,
    );
    const command = { ...installVpn, stepId: 'W3', mode: 'probe', secrets: { credential: 'account-azs' } } as const;

    expect(refusalOf({ ...command, parameters: { userPrincipalNames } }).message).toContain('too long');
  });
});
