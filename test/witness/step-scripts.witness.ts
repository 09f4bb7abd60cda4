// Goal: a step's script does on a machine what the simulation does there, and says the same of it.
// Method: every mode of every step that can run outside Windows is executed by the real PowerShell, through the real
// launcher, over a machine's state (sandbox/windows/modules), and performed by the simulation (sandbox/windows/steps)
// over the same; both answers are read by the application's own reader, and answers and states are compared.

import { createDefaultWorld } from '../../sandbox/windows/world/default-world.ts';
import type { WorldDefinition } from '../../sandbox/windows/world/records.ts';
import { findRemoteStep } from '../../src/contracts/on-premises/step-table.ts';
import { stepScripts } from '../../src/onprem/step-scripts.ts';
import { type Side, startWorldServer, type WorldServer } from './support/both-sides.ts';
import { comparable, withoutStamp } from './support/comparable.ts';
import { azurePackScenarios } from './support/scenarios/azure-pack.ts';
import { azureStackScenarios } from './support/scenarios/azure-stack.ts';
import { connectorPackages } from './support/scenarios/connector-requests.ts';
import { isRun, type Scenario, type Verdict } from './support/scenarios/scenario.ts';
import { vpnAccessScenarios } from './support/scenarios/vpn-access.ts';

const scenarios: Readonly<Record<string, Scenario>> = {
  ...vpnAccessScenarios,
  ...azureStackScenarios,
  ...azurePackScenarios,
};

/**
 * Steps that do not run outside Windows, and what of Windows is in the way. The list is closed: every other step is
 * compared.
 */
const onWindowsAlone: Readonly<Record<string, string>> = {
  W23: 'System.Net.Security.SslStream: its judgement of a certificate is that of the stores of Windows.',
  W27: 'WindowsInstaller.Installer: the class of COM that reads the version out of an installer.',
};

/** Answers that differ, and why; what both sides do is compared even so. */
const answersThatDiffer: Readonly<Record<string, string>> = {
  'C2 apply': 'The machine goes down before the script answers; the simulated one answers, and goes down then.',
};

interface EditionDifference {
  readonly lines: string;
  /** What PowerShell 7 says. */
  readonly says: readonly string[];
  /** What Windows PowerShell does, and why it changes nothing here. */
  readonly otherwise: string;
}

/**
 * What PowerShell 7 does otherwise than Windows PowerShell 5.1 where scripts touch it. The list is closed: nothing else
 * is known.
 */
const editionDifferences: Readonly<Record<string, EditionDifference>> = {
  'a text of JSON that looks like a time': {
    lines: `(Microsoft.PowerShell.Utility\\ConvertFrom-Json '{"at":"2026-01-01T00:00:00Z"}').at.GetType().Name`,
    says: ['DateTime'],
    otherwise: 'It stays a text in 5.1. The modules read JSON so.',
  },
  'the error stream of a program under Stop': {
    lines: `$ErrorActionPreference = 'Stop'\n$said = sh -c 'echo harmless >&2' 2>&1\n'went on: ' + $said`,
    says: ['went on: harmless'],
    otherwise: 'It ends a script in 5.1: scripts call programs under Continue.',
  },
  'a web request that nobody answers': {
    lines: `try { Microsoft.PowerShell.Utility\\Invoke-WebRequest 'http://127.0.0.1:1/' } catch { $_.Exception.GetType().Name }`,
    says: ['HttpRequestException'],
    otherwise: 'It is a WebException in 5.1, which the modules throw.',
  },
  'signs in JSON that mean something in HTML': {
    lines: `Microsoft.PowerShell.Utility\\ConvertTo-Json '<it''s>'`,
    says: [`"<it's>"`],
    otherwise: '5.1 writes them as numbers. Whoever reads JSON reads both.',
  },
  'a file without a mark of its encoding': {
    lines: `Set-Content -LiteralPath 'C:\\mark.txt' -Value ([char]0xfc) -NoNewline\n(Get-Item 'C:\\mark.txt').Length`,
    says: ['2'],
    otherwise: '5.1 writes the code page of Windows. Scripts write files by .NET, which is UTF-8 in both.',
  },
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
    const all = Object.keys(stepScripts).flatMap(
      (id) => findRemoteStep(id)?.modes.map((mode) => `${id} ${mode}`) ?? [],
    );
    const left = new Set(all.filter((each) => !compared.has(each)).map((each) => each.split(' ')[0]));

    expect([...left]).toEqual(Object.keys(onWindowsAlone));
  });
});

describe('PowerShell 7 is not Windows PowerShell', () => {
  it.each(Object.entries(editionDifferences))('with %s', async (_name, { lines, says }) => {
    expect(await server.say(lines)).toEqual(says);
  });
});

/** All lines of a scenario, one after the other on the same world: every difference is told, not the first alone. */
async function play({ machine, requests, lines }: Scenario): Promise<void> {
  const both = server.begin(definition, connectorPackages);
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
      runAs: given.runAs ?? usual[stepId]?.runAs,
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
  const { utcNow, backup, ...rest } = facts;
  const timed = {
    ...(utcNow === undefined ? {} : { utcNow: 'now' }),
    ...(typeof backup === 'string' ? { backup: withoutStamp(backup) } : {}),
  };
  return { ...answer, verdict: verdictOf(answer), facts: { ...rest, ...timed } };
}

function verdictOf({ ok, changed, code }: Pick<Side, 'ok' | 'changed' | 'code'>): Verdict {
  return code === '' && ok ? (changed ? 'changed' : 'fine') : (code as Verdict);
}
