import { revokeOwner } from '../../../../src/orchestrations/gateways/revoke-owner.ts';
import { begun, runOrchestration } from '../../../support/orchestration-driver.ts';

const begunAt = new Date(begun).toISOString();
const hourMs = 60 * 60 * 1000;

describe('src/orchestrations/gateways/revoke-owner', () => {
  it('looks again until there is nothing more to wait for', () => {
    const looks = ['waiting', 'waiting', 'done'];

    const { output, history } = runOrchestration(
      revokeOwner,
      { operationId: 'op-1', begunAt },
      { lookAtOwner: () => ({ outcome: looks.shift() }) },
    );

    expect(output).toEqual({ outcome: 'done' });
    expect(history.filter(({ kind }) => kind === 'activity')).toHaveLength(3);
  });

  it('says after a day that the look is the last', () => {
    const inputs: { readonly isLast: boolean }[] = [];

    const { history } = runOrchestration(
      revokeOwner,
      { operationId: 'op-1', begunAt },
      {
        lookAtOwner: (input: { readonly isLast: boolean }) => {
          inputs.push(input);
          return { outcome: input.isLast ? 'done' : 'waiting' };
        },
      },
    );

    const [first, last] = [history[0], history.at(-1)].map((item) => Date.parse(item?.at ?? ''));
    expect(((last ?? 0) - (first ?? 0)) / hourMs).toBeCloseTo(24, 0);
    expect(inputs.filter(({ isLast }) => isLast)).toHaveLength(1);
    expect(history.length).toBeLessThan(4000);
  });

  it('has only what is left of the day where it takes the place of one that died', () => {
    const yesterday = new Date(begun - 25 * hourMs).toISOString();

    const { output, history } = runOrchestration(
      revokeOwner,
      { operationId: 'op-1', begunAt: yesterday },
      { lookAtOwner: ({ isLast }: { readonly isLast: boolean }) => ({ outcome: isLast ? 'done' : 'waiting' }) },
    );

    expect(output).toEqual({ outcome: 'done' });
    expect(history.filter(({ kind }) => kind === 'activity')).toHaveLength(1);
  });
});
