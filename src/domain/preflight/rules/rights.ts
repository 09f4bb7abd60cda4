import { areAllowed } from '../../role-actions.ts';
import type { RightsFacts } from '../facts.ts';
import { actionsAtNetwork, actionsInGroup, type NeededActions } from '../needed-actions.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule } from '../subject.ts';

/** Whether the roles of the identity let it do what building, serving and removing the gateway takes. */
export const rights: PreflightRule = {
  name: 'rights',
  check: ({ plan, network, context }) => {
    const { groupRights, networkRights, virtualNetworkFacts } = context;
    return [
      ...(groupRights === undefined
        ? []
        : missing(
            '/resourceGroup',
            groupRights,
            actionsInGroup(plan, { ...context, isGroupThere: groupRights.isGroupThere }),
          )),
      ...(networkRights === undefined
        ? []
        : missing(network.path, networkRights, actionsAtNetwork(plan, virtualNetworkFacts))),
    ];
  },
};

function missing(
  path: string,
  { scope, permissions }: RightsFacts,
  { build, buildOnExisting, later }: NeededActions,
): readonly Problem[] {
  const fix = `Give the application a role with these actions at ${scope}; Azure takes some minutes to count it.`;
  const common = { path, fix, source: sources.rights };
  const lacking = (
    actions: readonly string[],
    { code, severity }: Pick<Problem, 'code' | 'severity'>,
    say: (lacked: string) => string,
  ): readonly Problem[] => {
    const lacked = actions.filter((action) => !areAllowed(permissions, action)).join(', ');
    return lacked === '' ? [] : [{ ...common, code, severity, message: say(lacked) }];
  };
  return [
    ...lacking(
      build,
      { code: 'rightsMissing', severity: 'error' },
      (lacked) => `To build this, Gatehouse's identity lacks at ${scope}: ${lacked}.`,
    ),
    ...lacking(
      buildOnExisting,
      { code: 'rightsMissing', severity: 'warning' },
      (lacked) =>
        `Unless it has a role at what is there already, which was not looked at, Gatehouse's identity lacks to build this at ${scope}: ${lacked}.`,
    ),
    ...lacking(
      later,
      { code: 'rightsMissingLater', severity: 'warning' },
      (lacked) =>
        `The gateway can be built, but to serve or to remove it Gatehouse's identity lacks at ${scope}: ${lacked}.`,
    ),
  ];
}
