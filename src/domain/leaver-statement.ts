import { z } from 'zod';

/** How far one revocation has come on one gateway. */
const placeSchema = z.object({
  gatewayId: z.string(),
  state: z.string().meta({
    description:
      'As the gateway’s list of revocations has it; `expired` where the certificate ended before it was refused.',
  }),
  listedAt: z.string().optional(),
  provenAt: z.string().optional(),
  why: z.string().optional().meta({ description: 'Why it is not in force, or not proven.' }),
});
export type StatedPlace = z.infer<typeof placeSchema>;

const certificateSchema = z.object({
  thumbprint: z.string(),
  commonName: z.string(),
  rootId: z.string().optional(),
  notAfter: z.string().optional(),
  revokedAt: z.string().optional(),
  reason: z.string().optional(),
  gateways: z.array(placeSchema).meta({ description: 'Empty where no gateway trusts the root.' }),
});
export type StatedCertificate = z.infer<typeof certificateSchema>;

/** A session may outlive its certificate: of so many days it is said how many certificates ended. */
export const lateDays = 7;

/**
 * The paper for the file: what was revoked of a person, where, when that was proven, and what is not in force and why.
 */
export const leaverStatementSchema = z
  .object({
    owner: z.string(),
    email: z.string().optional(),
    alsoOwners: z.array(z.string()).optional().meta({
      description: 'Ids under which the same person is registered too, by address or principal: taken out as well.',
    }),
    reason: z.string(),
    requestedBy: z.string(),
    requestedAt: z.string(),
    issuingStoppedAt: z.string(),
    statedAt: z.string(),
    isProven: z.boolean().meta({ description: 'Every certificate below is proven to be out on every gateway below.' }),
    certificates: z.array(certificateSchema),
    left: z.object({
      withheld: z.int().meta({ description: 'Certificates that were being issued and were never given out.' }),
      expired: z.int().meta({
        description:
          'Certificates that ended by themselves: nobody comes in with them, but their sessions were not looked at.',
      }),
      expiredLately: z
        .int()
        .optional()
        .meta({
          description: `Certificates, these or above, that ended within the last ${lateDays} days and whose sessions were not looked at.`,
        }),
      notListed: z.int().meta({ description: 'Further proven certificates for which there is no room here.' }),
      notListedUnproven: z
        .int()
        .optional()
        .meta({ description: 'Further certificates, not proven to be out, for which there is no room here.' }),
    }),
    limits: z.array(z.string()).meta({ description: 'What this says nothing of.' }),
    sinceThen: z
      .object({ lookedAt: z.string(), unproven: z.array(placeSchema.extend({ thumbprint: z.string() })) })
      .optional()
      .meta({
        description:
          'Present where something is not in force or not proven now of which the statement does not say so; `isProven` is false then.',
      }),
  })
  .meta({ id: 'LeaverStatement' });
export type LeaverStatement = z.infer<typeof leaverStatementSchema>;

export const statementLimits = [
  'Sessions of certificates that expired by themselves were not looked at: one that was open then may go on.',
  'Gateways that are not registered with Gatehouse were not looked at.',
  'Certificates that others issued are named only where they were registered for this person.',
  'Other ways of signing in (Entra ID, RADIUS) are not the matter of this statement.',
] as const;

/** The statement as it was made, with what `fresh`, read since, finds open beyond what it says itself. */
export function withSinceThen(stated: LeaverStatement, fresh: LeaverStatement): LeaverStatement {
  const known = new Set(openPlaces(stated).map(({ thumbprint, gatewayId }) => `${thumbprint} ${gatewayId}`));
  const unproven = openPlaces(fresh).filter(({ thumbprint, gatewayId }) => !known.has(`${thumbprint} ${gatewayId}`));
  return unproven.length === 0
    ? stated
    : { ...stated, isProven: false, sinceThen: { lookedAt: fresh.statedAt, unproven } };
}

function openPlaces({
  certificates,
}: Pick<LeaverStatement, 'certificates'>): readonly (StatedPlace & { readonly thumbprint: string })[] {
  return certificates.flatMap(({ thumbprint, gateways }) =>
    gateways
      .filter((place) => isPlaceToProve(place) && !isPlaceProven(place))
      .map((place) => ({ ...place, thumbprint })),
  );
}

export function isPlaceProven({ provenAt }: StatedPlace): boolean {
  return provenAt !== undefined;
}

/**
 * Where a certificate ended before the gateway was asked to refuse it there is nothing to refuse, and nothing to prove.
 */
export function isPlaceToProve({ state }: StatedPlace): boolean {
  return state !== 'expired';
}

/** The statement as text for people: lines of at most a sentence, no mark-up. */
export function renderStatement(statement: LeaverStatement): string {
  const { owner, email, certificates, left, sinceThen } = statement;
  return [
    `Access of ${owner}${email === undefined ? '' : ` <${email}>`}`,
    ...(statement.alsoOwners ?? []).map((id) => `Registered as well as ${id}, which is taken out too.`),
    '',
    `Reason:            ${statement.reason}`,
    `Asked for:         ${statement.requestedAt} by ${statement.requestedBy}`,
    `Issuing stopped:   ${statement.issuingStoppedAt}`,
    `This statement:    ${statement.statedAt}`,
    '',
    statement.isProven
      ? 'Everything below is proven to be out: the gateway lists the certificate as revoked, and two looks at its sessions at least five minutes apart found none.'
      : 'NOT everything is proven to be out. What is not, and why, comes first.',
    ...(left.expiredLately === undefined || left.expiredLately === 0
      ? []
      : [
          `Sessions of ${left.expiredLately} certificates that expired within the last ${lateDays} days were not looked at.`,
        ]),
    ...(sinceThen === undefined
      ? []
      : section(`Not in force, or not proven, on ${sinceThen.lookedAt}`, sinceThen.unproven.map(openLine))),
    ...section('Not in force, or not proven', [
      ...openPlaces(statement).map(openLine),
      ...(left.notListedUnproven === undefined || left.notListedUnproven === 0
        ? []
        : [`${left.notListedUnproven} further certificates, NOT proven to be out, have no room here.`]),
    ]),
    ...section('Certificates', certificates.flatMap(linesOf)),
    ...section('Besides', [
      `${left.withheld} certificates were being issued and were never given out.`,
      `${left.expired} certificates had expired: nobody comes in with them, but their sessions were not looked at.`,
      ...(left.notListed === 0 ? [] : [`${left.notListed} further certificates, all proven, are not listed here.`]),
    ]),
    ...section('What this says nothing of', statement.limits),
    '',
  ].join('\r\n');
}

function openLine({ thumbprint, gatewayId, state, why = '' }: StatedPlace & { readonly thumbprint: string }): string {
  return `${thumbprint} on ${gatewayId}: ${state}. ${why}`;
}

function linesOf({ thumbprint, commonName, rootId, notAfter, revokedAt, gateways }: StatedCertificate): string[] {
  const of = rootId === undefined ? 'issued elsewhere' : `root ${rootId}`;
  return [
    `${thumbprint} ${commonName} (${of}${notAfter === undefined ? '' : `, ends ${notAfter}`})`,
    `  revoked ${revokedAt ?? 'not: see above'}`,
    ...(gateways.length === 0 ? ['  no gateway trusts its root: there is none to be refused by'] : []),
    ...gateways.map(
      ({ gatewayId, state, listedAt, provenAt }) =>
        `  ${gatewayId}: ${standingOf(state, provenAt)}${listedAt === undefined ? '' : `, listed ${listedAt}`}`,
    ),
  ];
}

function standingOf(state: string, provenAt: string | undefined): string {
  if (provenAt !== undefined) return `proven ${provenAt}`;
  return state === 'expired' ? 'expired, so that there is nothing to refuse; its sessions were not looked at' : state;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line.trimEnd()}`)];
}
