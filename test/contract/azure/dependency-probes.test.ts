/** What health says of Resource Manager, with the rights that a deployment gives. */
import { createResourceManager } from '../../../src/azure/resource-manager.ts';
import { createProbes } from '../../../src/services/operations/dependency-probes.ts';
import type { Finding } from '../../../src/services/operations/watch-dependencies.ts';
import { type ArmStack, startArmStack } from '../../support/arm-stack.ts';
import { createRecordingLog } from '../../support/recording-log.ts';

const principal = 'test-app';
const groupRead = 'Microsoft.Resources/subscriptions/resourceGroups/read';

let stack: ArmStack;

beforeEach(async () => {
  stack = await startArmStack();
});

afterEach(async () => {
  await stack.close();
});

function look(): Promise<Finding> {
  const unused = { get: () => Promise.reject(new Error('not asked')) };
  const arm = createResourceManager({
    endpoint: stack.arm.url,
    credential: stack.credential,
    log: createRecordingLog().log,
    now: () => stack.test.host.clock.now(),
    clientOptions: { tlsOptions: { ca: stack.test.ca } },
  });
  const { subscriptionId } = stack;
  const probes = createProbes({
    arm,
    subscriptionId,
    blobs: unused,
    vault: unused,
    appVault: unused,
    container: 'any',
  });
  return probes.resourceManager();
}

describe('src/services/operations/dependency-probes, Resource Manager', () => {
  it('is well with rights in one resource group alone', async () => {
    await stack.prepareNetwork();
    stack.arm.assignRole({ principal, actions: [groupRead], scope: stack.group });

    expect(await look()).toEqual({ status: 'ok' });
  });

  it('is well with rights in a subscription that has no resource group yet', async () => {
    expect(await look()).toEqual({ status: 'ok' });
  });

  it('is failing, in the words of Azure, where the identity may see no group', async () => {
    await stack.prepareNetwork();
    stack.arm.assignRole({ principal, actions: [], scope: stack.group });

    expect(await look()).toMatchObject({
      status: 'failing',
      detail: expect.stringMatching(/^AuthorizationFailed: /) as string,
    });
  });

  it('is failing where Azure does not list', async () => {
    await stack.prepareNetwork();
    const then = { status: 503, code: 'ServiceUnavailable' };
    stack.test.host.faults.add({ service: 'arm', path: '/resourceGroups\\?', times: 1, then });

    expect(await look()).toMatchObject({
      status: 'failing',
      detail: expect.stringMatching(/^ServiceUnavailable: /) as string,
    });
  });
});
