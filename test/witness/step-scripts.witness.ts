// Goal: a step's script does on a machine what the simulation does there, and says the same of it.
// Method: every mode of every step that can run outside Windows is executed by the real PowerShell, through the real launcher, over
// a machine's state (sandbox/windows/modules), and performed by the simulation (sandbox/windows/steps) over the same; both answers
// are read by the application's own reader, and answers and states are compared.

import { createDefaultWorld } from '../../sandbox/windows/world/default-world.ts';
import type { WorldDefinition } from '../../sandbox/windows/world/records.ts';
import { commonSteps } from '../../src/contracts/on-premises/common-steps.ts';
import { vpnAccessSteps } from '../../src/contracts/on-premises/vpn-access-steps.ts';
import { startWorldServer, type Side, type WorldServer } from './support/both-sides.ts';
import { comparable } from './support/comparable.ts';
import { isRun, type Scenario, type Verdict } from './support/scenarios/scenario.ts';
import { vpnAccessScenarios } from './support/scenarios/vpn-access.ts';

const scenarios: Readonly<Record<string, Scenario>> = { ...vpnAccessScenarios };

/** Answers that differ, and why; what both sides do is compared even so. */
const answersThatDiffer: Readonly<Record<string, string>> = {
  'C2 apply': 'The machine goes down before the script answers; the simulated one answers, and goes down then.',
};

let server: WorldServer;
let definition: WorldDefinition;

beforeAll(async () => {
  [server, definition] = await Promise.all([startWorldServer(), createDefaultWorld()]);
});

afterAll(async () => {
  await server.end();
});

describe('scripts and simulation say and do the same', () => {
  it.each(Object.entries(scenarios))('with %s', async (_name, scenario) => {
    await play(scenario);
  });

  it('in every mode of every step', () => {
    const lines = Object.values(scenarios).flatMap((scenario) => scenario.lines.filter(isRun));
    const compared = new Set(lines.map(([stepId, mode]) => `${stepId} ${mode}`));
    const steps = Object.values({ ...commonSteps, ...vpnAccessSteps });
    const all = steps.flatMap(({ id, modes }) => modes.map((mode) => `${id} ${mode}`));

    expect(all.filter((each) => !compared.has(each))).toEqual([]);
  });
});

/** All lines of a scenario, one after the other on the same world: every difference is told, not the first alone. */
async function play({ machine, requests, lines }: Scenario): Promise<void> {
  const both = server.begin(definition);
  const usual = requests(definition);
  const [scripts, simulations, wanted]: [object[], object[], object[]] = [[], [], []];
  for (const [index, line] of lines.entries()) {
    if (!isRun(line)) {
      both.change(line[1]);
      continue;
    }
    const [stepId, mode, verdict, given = {}] = line;
    const sides = await both.run({
      stepId,
      mode,
      machine,
      ...given,
      parameters: { ...usual[stepId]?.parameters, ...given.parameters },
      secrets: { ...usual[stepId]?.secrets, ...given.secrets },
    });
    const at = `${index}: ${stepId} ${mode}`;
    const isAlike = answersThatDiffer[`${stepId} ${mode}`] === undefined;
    const shown = (side: Side): object => ({ at, ...(isAlike ? answerOf(side) : {}), world: comparable(side.world) });
    scripts.push(shown(sides.script));
    simulations.push(shown(sides.simulation));
    wanted.push({ at, ...(isAlike ? { verdict } : {}) });
  }
  expect(scripts).toEqual(simulations);
  expect(scripts).toMatchObject(wanted);
}

/** The clock goes on between the two. */
function answerOf({ world: _world, facts, ...answer }: Side): object {
  return { ...answer, verdict: verdictOf(answer), facts: 'utcNow' in facts ? { ...facts, utcNow: 'now' } : facts };
}

function verdictOf({ ok, changed, code }: Pick<Side, 'ok' | 'changed' | 'code'>): Verdict {
  return code === '' && ok ? (changed ? 'changed' : 'fine') : (code as Verdict);
}
