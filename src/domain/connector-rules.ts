/** The parts of a connector's request that have the right shape; whatever is wrong or missing is undefined. */
export interface ConnectorParts {
  readonly azureStackCloudName?: string | undefined;
  readonly clouds?: readonly (CloudParts | undefined)[] | undefined;
}

interface CloudParts {
  readonly name?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly portalMachines?: Machines;
  readonly apiMachines?: Machines;
  readonly trustMachine?: string | undefined;
}

type Machines = readonly (string | undefined)[] | undefined;
type Path = readonly (string | number)[];

interface ConnectorProblem {
  readonly path: Path;
  readonly message: string;
  readonly fix: string;
}

/** The operation of a connector shows some ten steps for each machine, in one row of a table. */
const machinesMax = 80;

/** What is wrong between the fields of a connector's request, as far as the parts tell. */
export function connectorProblems({ clouds = [], azureStackCloudName }: ConnectorParts): readonly ConnectorProblem[] {
  return [
    ...repetitions(clouds, azureStackCloudName),
    ...clouds.flatMap((cloud, index) => trustProblems(cloud, ['clouds', index])),
    ...countProblems(clouds),
  ];
}

function repetitions(
  clouds: readonly (CloudParts | undefined)[],
  azureStackCloudName: string | undefined,
): readonly ConnectorProblem[] {
  const problems: ConnectorProblem[] = [];
  const firsts = new Map<string, string>();
  const unique = (kind: string, value: string | undefined, path: Path, fix: string): void => {
    if (value === undefined) return;
    const key = `${kind} ${value.toLowerCase()}`;
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, `/${path.join('/')}`);
    else problems.push({ path, message: `${value} is at ${first} already.`, fix });
  };
  unique('name', azureStackCloudName, ['azureStackCloudName'], '');
  for (const [index, cloud] of clouds.entries()) {
    const at = ['clouds', index];
    unique('name', cloud?.name, [...at, 'name'], 'Give each cloud a name of its own; letter case does not count.');
    unique('endpoint', cloud?.endpoint, [...at, 'endpoint'], 'Each cloud has a connector of its own.');
    for (const list of ['portalMachines', 'apiMachines'] as const) {
      for (const [position, machine] of (cloud?.[list] ?? []).entries()) {
        unique(list, machine, [...at, list, position], 'A machine serves one cloud, and is named once.');
      }
    }
  }
  return problems;
}

function trustProblems(cloud: CloudParts | undefined, at: Path): readonly ConnectorProblem[] {
  const { apiMachines, trustMachine } = cloud ?? {};
  // A machine that cannot be read may be the one.
  if (apiMachines === undefined || trustMachine === undefined || apiMachines.includes(undefined)) return [];
  if (apiMachines.includes(trustMachine)) return [];
  const message = `${trustMachine} is not one of this cloud's API machines.`;
  return [{ path: [...at, 'trustMachine'], message, fix: 'Name one of apiMachines.' }];
}

function countProblems(clouds: readonly (CloudParts | undefined)[]): readonly ConnectorProblem[] {
  const count = clouds
    .map((cloud) => (cloud?.portalMachines?.length ?? 0) + (cloud?.apiMachines?.length ?? 0))
    .reduce((sum, machines) => sum + machines, 0);
  if (count <= machinesMax) return [];
  const message = `${count} portal and API machines are more than ${machinesMax}.`;
  return [{ path: ['clouds'], message, fix: 'Divide the clouds among several stacks.' }];
}
