import { createHash } from 'node:crypto';
import type { TrustedCertificate } from '../../domain/inventory/gateway-facts.ts';
import type { InventoryFinding } from '../../domain/inventory/inventory-finding.ts';
import type { InventoryGateway } from '../../services/gateways/inventory-view.ts';
import { escapeHtml } from '../http/escape-html.ts';

/** More names of sessions than these are counted; all are in the JSON. */
const namesMax = 50;

/** Two gateways may have one name, so the place on the page is called after the resource. */
export function gatewayAnchor({ resourceId }: InventoryGateway): string {
  return `g-${createHash('sha256').update(resourceId.toLowerCase()).digest('hex').slice(0, 16)}`;
}

/** One gateway on the page: what it is, whom it lets in, and what is found of it. */
export function gatewaySection(gateway: InventoryGateway): string {
  const { name, resourceId, notLookedAt, findings } = gateway;
  const content =
    notLookedAt === undefined
      ? `${factsTable(gateway)}\n${findings.length === 0 ? '<p>Nothing was found.</p>' : findingsTable(findings)}`
      : `<p class="error">Not looked at, because: ${escapeHtml(notLookedAt)}</p>`;
  return `<section id="${gatewayAnchor(gateway)}">
<h3>${escapeHtml(name)}</h3>
<p class="id">${escapeHtml(resourceId)}</p>
${content}
</section>`;
}

function factsTable(gateway: InventoryGateway): string {
  const { pointToSite, publicIpAddresses = [], sessions } = gateway;
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Registered here as', gateway.gatewayId],
    ['State', gateway.provisioningState],
    ['Location', gateway.location],
    [
      'SKU',
      [gateway.sku, gateway.generation, gateway.activeActive === true ? 'active-active' : '']
        .filter(Boolean)
        .join(', '),
    ],
    ['Network', gateway.virtualNetworkId],
    [
      'Public addresses',
      publicIpAddresses.map(({ id, sku = 'SKU not seen' }) => `${lastPart(id)} (${sku})`).join(', '),
    ],
    ...(pointToSite === undefined
      ? [['Point-to-site', 'none: nobody can come in'] as const]
      : ([
          ['Signing in', pointToSite.authentication.join(', ')],
          ['Protocols', pointToSite.protocols.join(', ')],
          ['Pools', pointToSite.pools.join(', ')],
          ['Entra tenant', pointToSite.entraTenant],
          ['RADIUS servers', pointToSite.radiusServers.join(', ')],
          [
            'Trusted',
            `${pointToSite.rootSlots.used} of ${pointToSite.rootSlots.limit}: ${pointToSite.roots.map(sayTrusted).join('; ')}`,
          ],
          ['Revocations', `${pointToSite.revocationSlots.used} of ${pointToSite.revocationSlots.limit}`],
        ] as const)),
    ['Sessions', sessions === undefined ? undefined : saySessions(sessions)],
  ];
  const rows = lines
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([label, value = '']) => `<tr><th>${label}</th><td>${escapeHtml(value)}</td></tr>`);
  return `<table>\n${rows.join('\n')}\n</table>`;
}

function sayTrusted({ name, role, subject, notAfter }: TrustedCertificate): string {
  if (role === 'unknown') return `${name} (cannot be read)`;
  return `${name} (${role}, ${subject ?? 'no subject'}, until ${notAfter?.slice(0, 10) ?? 'an unknown day'})`;
}

function saySessions(sessions: NonNullable<InventoryGateway['sessions']>): string {
  const { notLookedAt, total, byName, furtherNames, unreadable } = sessions;
  if (notLookedAt !== undefined) return `not looked at, because: ${notLookedAt}`;
  const names = byName.slice(0, namesMax).map(({ name, count }) => (count === 1 ? name : `${name} (${count})`));
  const further = furtherNames + Math.max(0, byName.length - namesMax);
  const rest = [
    ...(further === 0 ? [] : [`${further} further names`]),
    ...(unreadable === 0 ? [] : [`${unreadable} without a name`]),
  ];
  return `${total + unreadable}: ${[...names, ...rest].join(', ')}`;
}

function findingsTable(findings: readonly InventoryFinding[]): string {
  const rows = findings.map(
    ({ severity, date, message, plan, source }) =>
      `<tr><td>${date ?? ''}</td><td class="${severity}">${severity}</td><td>${escapeHtml(message)}<br><strong>Plan:</strong> ${escapeHtml(plan)}${source === undefined ? '' : ` <a href="${escapeHtml(source)}">Source</a>`}</td></tr>`,
  );
  return `<table><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
