import { atEveryCrash } from '../../../support/every-crash.ts';
import { given } from '../../../support/given.ts';
import {
  aManualMachine,
  asked,
  createOnPremisesServices,
  endOperation,
  failed,
  type OnPremisesServices,
  succeeded,
} from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

const id = anOperationId('procedure');

function begin(services: OnPremisesServices, seed = 'procedure', intend?: () => Promise<void>) {
  const { operationId, requestedBy, orchestrations } = asked(services, seed);
  return services.procedures.begin({
    operationId,
    requestedBy,
    orchestrations,
    kind: 'checkMachine',
    target: 'host',
    steps: [{ name: 'C1', usualSeconds: 5 }],
    claims: ['thing:one', 'thing:two'],
    intent: { note: 'kept' },
    ...(intend === undefined ? {} : { intend }),
  });
}

const record = async (services: OnPremisesServices, operationId = id) =>
  given(await services.operations.get(operationId));

describe('src/services/on-premises/procedures', () => {
  it('writes the intent when the claims are held, and before the procedure starts', async () => {
    const services = createOnPremisesServices();
    const seen: unknown[] = [];

    await begin(services, 'procedure', async () => {
      seen.push((await services.claims.holder('thing:two'))?.operationId, services.orchestrations.started.length);
    });

    expect(seen).toEqual([id, 0]);
    expect(services.orchestrations.started).toHaveLength(1);
    expect((await record(services)).context).toEqual({ claims: ['thing:one', 'thing:two'], intent: { note: 'kept' } });
  });

  it('refuses what another procedure works on, names that one, and claims nothing', async () => {
    const services = createOnPremisesServices();
    await services.operations.create({
      id,
      kind: 'checkMachine',
      target: 't',
      targetKey: 't',
      requestedBy: 'a',
      steps: [{ name: 's' }],
    });
    await services.claims.take({
      resourceId: 'thing:two',
      operationId: id,
      instanceId: `${id}-1`,
      now: services.now(),
    });

    await expect(begin(services, 'other')).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      problems: [{ code: 'inUse', message: expect.stringContaining(id) as string }],
    });
    expect(await services.claims.holder('thing:one')).toBeUndefined();
    expect(services.orchestrations.started).toEqual([]);
  });

  it('takes over what a procedure has left that is over, or of which nothing but the claim was written', async () => {
    const services = createOnPremisesServices();
    await begin(services);
    await services.operations.finish(id, { status: 'failed' });
    await begin(services, 'second');
    await services.operations.finish(anOperationId('second'), { status: 'failed' });
    for (const resourceId of ['thing:one', 'thing:two']) {
      await services.claims.release(resourceId, anOperationId('second'));
    }
    await services.claims.take({
      resourceId: 'thing:one',
      operationId: anOperationId('lost'),
      instanceId: 'x',
      now: services.now(),
    });

    await expect(begin(services, 'third')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    services.clock.advance(61_000);
    await begin(services, 'fourth');

    expect(services.orchestrations.started).toHaveLength(3);
  });

  it('begins once, wherever it crashes', async () => {
    const places = await atEveryCrash({
      setUp: (tables) => createOnPremisesServices(tables),
      work: (services) => begin(services),
      check: async (services, _tables, place) => {
        expect([place, services.orchestrations.started.map(({ instanceId }) => instanceId)]).toEqual([
          place,
          [`${id}-1`],
        ]);
        expect((await services.claims.holder('thing:one'))?.operationId).toBe(id);
      },
    });

    expect(places).toBeGreaterThanOrEqual(4);
  });

  it('resumes as the next attempt with the same claims, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const services = createOnPremisesServices(tables);
        await services.machines.put(aManualMachine('host'));
        await begin(services);
        await endOperation(services, 'procedure', failed);
        return { services, ended: await record(services) };
      },
      work: ({ services, ended }) => services.procedures.resume(ended, services.orchestrations),
      check: async ({ services }, _tables, place) => {
        expect([place, services.orchestrations.started.map(({ instanceId }) => instanceId)]).toEqual([
          place,
          [`${id}-1`, `${id}-2`],
        ]);
        expect(await record(services)).toMatchObject({ status: 'running', attempt: 2 });
        expect((await services.claims.holder('thing:two'))?.instanceId).toBe(`${id}-2`);
      },
    });
  });

  it('resumes nothing that has succeeded, nor while another procedure has the thing', async () => {
    const services = createOnPremisesServices();
    await begin(services);
    const open = await record(services);
    await endOperation(services, 'procedure', succeeded);
    await expect(services.procedures.resume(open, services.orchestrations)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });

    const second = await begin(services, 'second');
    await endOperation(services, 'second', failed);
    await begin(services, 'third');
    await expect(services.procedures.resume(second, services.orchestrations)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
  });

  it('starts again what was never started, leaves alone what lives, ends what died', async () => {
    const services = createOnPremisesServices();
    await services.machines.put(aManualMachine('host'));
    await begin(services);
    const operation = await record(services);

    await services.procedures.revive(operation, services.orchestrations);
    expect((await record(services)).status).not.toBe('failed');

    services.orchestrations.setState(`${id}-1`, 'ended');
    services.clock.advance(5 * 60 * 1000);
    await services.procedures.revive(operation, services.orchestrations);
    expect((await record(services)).status).not.toBe('failed');

    services.clock.advance(1);
    await services.procedures.revive(operation, services.orchestrations);
    expect(await services.operations.view(id)).toMatchObject({
      status: 'failed',
      problem: { detail: expect.stringContaining('Resume it') as string },
    });
    expect(services.orchestrations.started).toHaveLength(1);
  });

  it('finishes once, wherever it crashes', async () => {
    await atEveryCrash({
      setUp: async (tables) => {
        const services = createOnPremisesServices(tables);
        await begin(services);
        return services;
      },
      work: (services) =>
        endOperation(services, 'procedure', {
          ...failed,
          errors: [{ path: '/a', code: 'precondition', message: 'c', fix: 'd' }],
        } as typeof failed),
      check: async (services, _tables, place) => {
        expect([place, (await record(services)).status]).toEqual([place, 'failed']);
        expect((await record(services)).problem).toMatchObject({
          detail:
            'Step P4 failed. toolFailed: No. POST resume to go on: every step is looked at before it is done again.',
          errors: [{ path: '/a' }],
        });
        expect(await services.claims.holder('thing:one')).toBeUndefined();
        expect(services.tables.rows('Outbox')).toHaveLength(1);
      },
    });
  });

  it('keeps no list of ended commands beyond the end, which says it itself', async () => {
    const services = createOnPremisesServices();
    await begin(services);
    await services.endedCommands.add(id, `${id}-1-p8-1-probe-1`);

    await services.finishProcedure({ operationId: id, attempt: 1, target: 'x', end: succeeded });

    expect(services.tables.rows('EndedCommands')).toEqual([]);
  });

  it('finishes nothing that there is not', async () => {
    const services = createOnPremisesServices();

    expect(await services.finishProcedure({ operationId: id, attempt: 1, target: 'x', end: succeeded })).toBeNull();
  });
});
