import { createLockActivities } from '../../../../src/activities/operations/lock-activities.ts';
import { createOnPremisesServices } from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

const [first, second] = [anOperationId('first'), anOperationId('second')];
const lock = 'sql:sql01';

async function world() {
  const services = createOnPremisesServices();
  for (const [index, id] of [first, second].entries()) {
    await services.operations.create({
      id,
      kind: 'connectClouds',
      target: `c${index}`,
      targetKey: `c${index}`,
      requestedBy: 'a',
      steps: [{ name: 's' }],
    });
  }
  return { ...services, ...createLockActivities(services) };
}

describe('src/activities/operations/lock-activities', () => {
  it('gives a lock to one operation at a time, and says whose it is', async () => {
    const { takeLock, releaseLock } = await world();

    expect(await takeLock({ lock, operationId: first })).toEqual({ outcome: 'taken' });
    expect(await takeLock({ lock, operationId: first })).toEqual({ outcome: 'taken' });
    expect(await takeLock({ lock, operationId: second })).toEqual({ outcome: 'held', by: first });

    await releaseLock({ lock, operationId: second });
    expect(await takeLock({ lock, operationId: second })).toEqual({ outcome: 'held', by: first });

    await releaseLock({ lock, operationId: first });
    expect(await takeLock({ lock, operationId: second })).toEqual({ outcome: 'taken' });
  });

  it('takes a lock from an operation that is over', async () => {
    const { takeLock, operations } = await world();
    await takeLock({ lock, operationId: first });
    await operations.finish(first, { status: 'canceled' });

    expect(await takeLock({ lock, operationId: second })).toEqual({ outcome: 'taken' });
  });

  it('takes a lock from a request that left no operation, after a minute', async () => {
    const { takeLock, clock } = await world();
    await takeLock({ lock, operationId: anOperationId('gone') });

    expect(await takeLock({ lock, operationId: second })).toEqual({ outcome: 'held', by: anOperationId('gone') });
    clock.advance(61_000);
    expect(await takeLock({ lock, operationId: second })).toEqual({ outcome: 'taken' });
  });
});
