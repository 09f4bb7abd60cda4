import { areAllowed } from '../../role-actions.ts';
import type { RightsFacts } from '../facts.ts';
import { actionsAtNetwork, actionsInGroup } from '../needed-actions.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule } from '../subject.ts';

/** Whether the roles of the identity let it do what building, serving and removing the gateway takes. */
export const rights: PreflightRule = {
  name: 'rights',
  check: ({ plan, network, context }) => {
    const { groupRights, networkRights } = context;
    return [
      ...(groupRights === undefined
        ? []
        : missing('/resourceGroup', groupRights, actionsInGroup(plan, groupRights.isGroupThere))),
      ...(networkRights === undefined ? [] : missing(network.path, networkRights, actionsAtNetwork(plan))),
    ];
  },
};

function missing(
  path: string,
  { scope, permissions }: RightsFacts,
  { build, later }: ReturnType<typeof actionsInGroup>,
): readonly Problem[] {
  const lacking = (actions: readonly string[]): string =>
    actions.filter((action) => !areAllowed(permissions, action)).join(', ');
  const [forBuild, forLater] = [lacking(build), lacking(later)];
  const fix = `Give the application a role with these actions at ${scope}; Azure takes some minutes to count it.`;
  const common = { path, fix, source: sources.rights };
  return [
    ...(forBuild === ''
      ? []
      : [
          {
            ...common,
            code: 'rightsMissing' as const,
            severity: 'error' as const,
            message: `To build this, Gatehouse's identity lacks at ${scope}: ${forBuild}.`,
          },
        ]),
    ...(forLater === ''
      ? []
      : [
          {
            ...common,
            code: 'rightsMissingLater' as const,
            severity: 'warning' as const,
            message: `The gateway can be built, but to serve or to remove it Gatehouse's identity lacks at ${scope}: ${forLater}.`,
          },
        ]),
  ];
}
