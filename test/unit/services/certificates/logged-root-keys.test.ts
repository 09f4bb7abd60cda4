import { createHash } from 'node:crypto';
import { logSignatures } from '../../../../src/services/certificates/logged-root-keys.ts';
import { createRecordingLog } from '../../../support/recording-log.ts';
import { createStubRootKeys } from '../../../support/stub-root-keys.ts';
import { createTestClock } from '../../../support/test-clock.ts';

const policy = { commonName: 'Root', keySizeBits: 2048, hsm: false, validityMonths: 12 } as const;
const digest = createHash('sha256').update('to be signed').digest();
const keyId = 'https://vault.test/keys/root-1/1';
const target = 'keys/root-1/1';

async function aKeyStore() {
  const { log, told } = createRecordingLog();
  const stub = createStubRootKeys();
  await stub.ensureSelfSigned('root-1', policy);
  return { stub, told, keys: logSignatures(stub, { log, now: createTestClock().now }) };
}

describe('src/services/certificates/logged-root-keys', () => {
  it('tells of a signature before it is asked for and after it is made', async () => {
    const { keys, told } = await aKeyStore();

    expect(await keys.sign(keyId, digest)).toMatchObject({ outcome: 'done' });

    expect(told).toEqual([
      { event: 'key.signature', target, outcome: 'asked' },
      { event: 'key.signature', target, outcome: 'made', seconds: 0 },
    ]);
  });

  it.each([
    [{ outcome: 'busy', retryAfterSeconds: 2 } as const, { outcome: 'busy' }],
    [{ outcome: 'refused', code: 'Forbidden', message: 'No.' } as const, { outcome: 'refused', code: 'Forbidden' }],
  ])('tells why none was made: %j', async (answer, expected) => {
    const { stub, keys, told } = await aKeyStore();
    stub.answerNext(answer);

    expect(await keys.sign(keyId, digest)).toEqual(answer);

    expect(told[1]).toMatchObject(expected);
  });

  it('tells of a signature that may have been made without an answer', async () => {
    const { log, told } = createRecordingLog();
    const broken = { ...createStubRootKeys(), sign: () => Promise.reject(new Error('broken')) };

    await expect(logSignatures(broken, { log, now: createTestClock().now }).sign(keyId, digest)).rejects.toThrow();

    expect(told.map(({ outcome }) => outcome)).toEqual(['asked', 'failed']);
  });
});
