import { orderCertificate } from '../../../../src/orchestrations/certificates/order-certificate.ts';
import { begun, runOrchestration } from '../../../support/orchestration-driver.ts';

const input = { operationId: 'op-1', question: 'Ann asks.', days: 2 };
const hourMs = 3600_000;

interface Advance {
  readonly answer: string;
  readonly isLast: boolean;
}

function run(decisions: string[], outcomes: (asked: Advance) => string) {
  const asked: Advance[] = [];
  const result = runOrchestration(orderCertificate, input, {
    beginStep: () => ({ cancelRequested: false }),
    askApproval: () => ({ decision: decisions.length > 1 ? decisions.shift() : decisions[0] }),
    advanceOrder: (advance: Advance) => {
      asked.push(advance);
      return { outcome: outcomes(advance) };
    },
  });
  return { ...result, asked };
}

describe('src/orchestrations/certificates/order-certificate', () => {
  it.each(['approved', 'rejected', 'canceled'])('goes on with what people have %s', (decision) => {
    const { output, asked } = run(['open', decision], () => 'done');

    expect(output).toEqual({ outcome: 'done' });
    expect(asked).toEqual([{ operationId: 'op-1', answer: decision, isLast: false }]);
  });

  it('ends after the days that somebody had to decide', () => {
    const { asked, history } = run(['open'], () => 'done');

    expect(asked).toMatchObject([{ answer: 'not decided in time' }]);
    expect(Date.parse(history.at(-1)?.at ?? '') - begun).toBeGreaterThanOrEqual(48 * hourMs);
  });

  it('looks until the certificate is collected, and for a week at most', () => {
    const { asked, output } = run(['approved'], ({ isLast }) => (isLast ? 'done' : 'waiting'));

    expect(output).toEqual({ outcome: 'done' });
    expect(asked.filter(({ isLast }) => isLast)).toHaveLength(1);
    expect(asked.length).toBeGreaterThanOrEqual(7 * 24);
  });
});
