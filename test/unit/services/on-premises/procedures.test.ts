import { anOperationId } from '../../../support/services-world.ts';
import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  aManualMachine,
  asked,
  createOnPremisesDesk,
  endStory,
  failed,
  succeeded,
  type OnPremisesDesk,
} from '../../../support/on-premises-services.ts';

const id = anOperationId('story');

function begin(desk: OnPremisesDesk, seed = 'story', intend?: () => Promise<void>) {
  const { operationId, requestedBy, orchestrations } = asked(desk, seed);
  return desk.stories.begin({
    operationId,
    requestedBy,
    orchestrations,
    kind: 'checkMachine',
    target: 'host',
    steps: [{ name: 'C1', usualSeconds: 5 }],
    claims: ['thing:one', 'thing:two'],
    wish: { note: 'kept' },
    ...(intend === undefined ? {} : { intend }),
  });
}

const record = async (desk: OnPremisesDesk, operationId = id) => given(await desk.operations.get(operationId));

describe('src/services/on-premises/procedures', () => {
  it('writes the intent when the claims are held, and before the story starts', async () => {
    const desk = createOnPremisesDesk();
    const seen: unknown[] = [];

    await begin(desk, 'story', async () => {
      seen.push((await desk.claims.holder('thing:two'))?.operationId, desk.orchestrations.started.length);
    });

    expect(seen).toEqual([id, 0]);
    expect(desk.orchestrations.started).toHaveLength(1);
    expect((await record(desk)).context).toEqual({ claims: ['thing:one', 'thing:two'], wish: { note: 'kept' } });
  });

  it('refuses what another story works on, names that one, and claims nothing', async () => {
    const desk = createOnPremisesDesk();
    await desk.operations.create({
      id,
      kind: 'checkMachine',
      target: 't',
      targetKey: 't',
      requestedBy: 'a',
      steps: [{ name: 's' }],
    });
    await desk.claims.take({ resourceId: 'thing:two', operationId: id, instanceId: `${id}-1`, now: desk.now() });

    await expect(begin(desk, 'other')).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ code: 'inUse', message: expect.stringContaining(id) as string }],
    });
    expect(await desk.claims.holder('thing:one')).toBeUndefined();
    expect(desk.orchestrations.started).toEqual([]);
  });

  it('takes over what a story has left that is over, or of which nothing but the claim was written', async () => {
    const desk = createOnPremisesDesk();
    await begin(desk);
    await desk.operations.finish(id, { status: 'failed' });
    await begin(desk, 'second');
    await desk.operations.finish(anOperationId('second'), { status: 'failed' });
    for (const resourceId of ['thing:one', 'thing:two']) await desk.claims.release(resourceId, anOperationId('second'));
    await desk.claims.take({
      resourceId: 'thing:one',
      operationId: anOperationId('lost'),
      instanceId: 'x',
      now: desk.now(),
    });

    await expect(begin(desk, 'third')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    desk.clock.advance(61_000);
    await begin(desk, 'fourth');

    expect(desk.orchestrations.started).toHaveLength(3);
  });

  it('begins once, wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: (tables) => createOnPremisesDesk(tables),
      work: (desk) => begin(desk),
      check: async (desk, _tables, place) => {
        expect([place, desk.orchestrations.started.map(({ instanceId }) => instanceId)]).toEqual([place, [`${id}-1`]]);
        expect((await desk.claims.holder('thing:one'))?.operationId).toBe(id);
      },
    });

    expect(places).toBeGreaterThanOrEqual(4);
  });

  it('resumes as the next attempt with the same claims, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const desk = createOnPremisesDesk(tables);
        await desk.machines.put(aManualMachine('host'));
        await begin(desk);
        await endStory(desk, 'story', failed);
        return { desk, ended: await record(desk) };
      },
      work: ({ desk, ended }) => desk.stories.resume(ended, desk.orchestrations),
      check: async ({ desk }, _tables, place) => {
        expect([place, desk.orchestrations.started.map(({ instanceId }) => instanceId)]).toEqual([
          place,
          [`${id}-1`, `${id}-2`],
        ]);
        expect(await record(desk)).toMatchObject({ status: 'running', attempt: 2 });
        expect((await desk.claims.holder('thing:two'))?.instanceId).toBe(`${id}-2`);
      },
    });
  });

  it('resumes nothing that has succeeded, nor while another story has the thing', async () => {
    const desk = createOnPremisesDesk();
    await begin(desk);
    const open = await record(desk);
    await endStory(desk, 'story', succeeded);
    await expect(desk.stories.resume(open, desk.orchestrations)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });

    const second = await begin(desk, 'second');
    await endStory(desk, 'second', failed);
    await begin(desk, 'third');
    await expect(desk.stories.resume(second, desk.orchestrations)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('starts again what was never started, leaves alone what lives, ends what died', async () => {
    const desk = createOnPremisesDesk();
    await desk.machines.put(aManualMachine('host'));
    await begin(desk);
    const operation = await record(desk);

    await desk.stories.revive(operation, desk.orchestrations);
    expect((await record(desk)).status).not.toBe('failed');

    desk.orchestrations.setState(`${id}-1`, 'ended');
    desk.clock.advance(5 * 60 * 1000);
    await desk.stories.revive(operation, desk.orchestrations);
    expect((await record(desk)).status).not.toBe('failed');

    desk.clock.advance(1);
    await desk.stories.revive(operation, desk.orchestrations);
    expect(await desk.operations.view(id)).toMatchObject({
      status: 'failed',
      problem: { detail: expect.stringContaining('Resume it') as string },
    });
    expect(desk.orchestrations.started).toHaveLength(1);
  });

  it('finishes once, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const desk = createOnPremisesDesk(tables);
        await begin(desk);
        return desk;
      },
      work: (desk) =>
        endStory(desk, 'story', {
          ...failed,
          errors: [{ path: '/a', code: 'b', message: 'c', fix: 'd' }],
        } as typeof failed),
      check: async (desk, _tables, place) => {
        expect([place, (await record(desk)).status]).toEqual([place, 'failed']);
        expect((await record(desk)).problem).toMatchObject({
          detail:
            'Step P4 failed. ToolFailed: No. POST resume to go on: every step is looked at before it is done again.',
          errors: [{ path: '/a' }],
        });
        expect(await desk.claims.holder('thing:one')).toBeUndefined();
        expect(desk.tables.rows('Outbox')).toHaveLength(1);
      },
    });
  });

  it('finishes nothing that there is not', async () => {
    const desk = createOnPremisesDesk();

    expect(await desk.finishOnPremises({ operationId: id, attempt: 1, target: 'x', end: succeeded })).toBeNull();
  });
});
