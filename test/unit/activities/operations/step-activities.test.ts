import { createStepActivities } from '../../../../src/activities/operations/step-activities.ts';
import { createOnPremisesServices } from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

const first = anOperationId('first');

async function world() {
  const services = createOnPremisesServices();
  await services.operations.create({
    id: first,
    kind: 'openVpnAccess',
    target: 'poc',
    targetKey: 'poc',
    requestedBy: 'a',
    steps: [{ name: 's' }],
  });
  return { ...services, activities: createStepActivities(services) };
}

describe('src/activities/operations/step-activities', () => {
  it('asks for a decision, tells it, and asks for none of a canceled operation', async () => {
    const { activities, operations } = await world();
    const question = {
      operationId: first,
      name: 'gate',
      detail: 'Look.',
      until: '2026-03-08T12:00:00.000Z',
      instanceId: 'i',
      eventName: 'decided-gate',
    };

    const before = await activities.askApproval(question);
    await operations.decide(first, { name: 'gate', decision: 'rejected', by: 'bob' });
    const after = await activities.askApproval(question);
    await operations.requestCancel(first);

    expect([before, after, await activities.askApproval(question)]).toEqual([
      { decision: 'open' },
      { decision: 'rejected' },
      { decision: 'canceled' },
    ]);
  });

  it('cuts long words of a failed step', async () => {
    const { activities, operations } = await world();

    await activities.failStep({ operationId: first, step: 's', code: 'toolFailed', detail: 'x'.repeat(64 * 1024) });
    const step = (await operations.view(first))?.steps[0];

    expect(step).toMatchObject({ status: 'failed' });
    expect(step?.detail).toMatch(/^x{1900,2000}… \(cut, 65536 characters\)$/);
  });
});
