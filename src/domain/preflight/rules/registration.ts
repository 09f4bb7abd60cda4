import type { PreflightRule } from '../subject.ts';

/** That the gateway's id and its name in Azure are nobody else's. */
export const registration: PreflightRule = {
  name: 'registration',
  check: ({ plan, context }) => {
    const { freeId, registeredAs } = context.registration ?? {};
    const { gateway } = plan.resourceIds;
    return [
      ...(freeId === undefined
        ? []
        : [
            {
              path: '/id',
              code: 'idTaken' as const,
              severity: 'error' as const,
              message: `Gateway id ${plan.id} is taken.`,
              fix: `Use ${freeId}.`,
            },
          ]),
      ...(registeredAs === undefined
        ? []
        : [
            {
              path: '/name',
              code: 'gatewayRegistered' as const,
              severity: 'error' as const,
              message: `${gateway} is registered as gateway ${registeredAs} already.`,
              fix: 'Use that gateway, or choose another name or resource group.',
            },
          ]),
      ...(context.isGatewayForeign === true
        ? [
            {
              path: '/name',
              code: 'gatewayExists' as const,
              severity: 'error' as const,
              message: `The gateway ${gateway} is in Azure already and was not made by Gatehouse, which never takes over a gateway of others.`,
              fix: 'Choose another name or resource group, or have that gateway deleted.',
            },
          ]
        : []),
    ];
  },
};
