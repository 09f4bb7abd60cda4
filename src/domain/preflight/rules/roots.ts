import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { PreflightRule, PreflightSubject } from '../subject.ts';

const rootsMax = 20;

/** How many certificates a gateway can be told to trust. */
export const roots: PreflightRule = {
  name: 'roots',
  check: ({ plan }) => [...tooMany(plan), ...repeated(plan)],
};

function tooMany({ rootIds }: PreflightSubject['plan']): readonly Problem[] {
  if (rootIds.length <= rootsMax) return [];
  return [
    {
      path: '/rootIds',
      code: 'rootsTooMany',
      severity: 'error',
      message: `A gateway trusts at most ${rootsMax} certificates, intermediates included; the plan names ${rootIds.length}.`,
      fix: `Leave out ${rootIds.length - rootsMax}, or sign with fewer roots.`,
      source: sources.certificateGateway,
    },
  ];
}

function repeated({ rootIds }: PreflightSubject['plan']): readonly Problem[] {
  return rootIds.flatMap((id, index) =>
    rootIds.indexOf(id) === index
      ? []
      : [
          {
            path: `/rootIds/${index}`,
            code: 'rootRepeated',
            severity: 'error' as const,
            message: `${JSON.stringify(id)} is in the list already.`,
            fix: 'Leave it out.',
          },
        ],
  );
}
