import { createHash } from 'node:crypto';
import { compareFindings, type InventoryFinding } from '../../domain/inventory/inventory-finding.ts';
import { problemCodes } from '../../domain/problem-codes.ts';
import type { Inventory, InventoryGateway } from '../../services/gateways/inventory-view.ts';
import { escapeHtml } from '../http/escape-html.ts';
import { gatewayAnchor, gatewaySection } from './inventory-gateway-section.ts';

const style = `
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.2rem; border-bottom: 1px solid #999; }
h3 { margin-bottom: .3rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #ddd; }
td { overflow-wrap: anywhere; }
thead { display: table-header-group; }
.error { color: #a40000; font-weight: 600; }
.warning { color: #7a4b00; font-weight: 600; }
.id { color: #555; font-size: .85em; overflow-wrap: anywhere; }
@media print { body { max-width: none; margin: 0; font-size: 10pt; } section, tr { break-inside: avoid; } a { color: inherit; } }
`;
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** No script, nothing from elsewhere, in no frame; the page itself says so too, for whoever keeps it as a file. */
export const inventoryPageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `${policy}; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'x-frame-options': 'DENY',
};

/** The inventory for people: what breaks when, what was not seen, and each gateway. To be read and printed. */
export function inventoryPage(inventory: Inventory, now: Date): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}"><title>VPN gateways</title><style>${style}</style></head>
<body>
<h1>VPN gateways</h1>
${aboutScan(inventory, now)}
${inventory.scan === undefined ? '' : whatWasSeen(inventory)}</body>
</html>
`;
}

function whatWasSeen({ gateways, notSeen }: Inventory): string {
  return `<h2>What to do, by date</h2>
${timeline(gateways)}
<h2>What was not seen</h2>
${notSeen.length === 0 ? '<p>Everything that Azure listed was looked at.</p>' : unseen(notSeen)}
<h2>Gateways</h2>
${gateways.length === 0 ? '<p>None.</p>' : gateways.map(gatewaySection).join('\n')}
`;
}

function aboutScan({ scan, running, subscriptions, gateways, expressRouteGateways }: Inventory, now: Date): string {
  const lines = [
    scan === undefined
      ? 'No scan has ended yet.'
      : `${gateways.length} gateways in ${subscriptions.length} subscriptions${scan.onlyNamed ? ' (only those that were named)' : ''}, as seen between ${minuteOf(scan.startedAt)} and ${minuteOf(scan.finishedAt)} UTC by the scan that ${scan.requestedBy} asked for (operation ${scan.operationId}). ${scan.sessions ? 'Sessions were counted.' : 'Who was connected was not asked.'}`,
    ...(expressRouteGateways === 0 ? [] : [`${expressRouteGateways} ExpressRoute gateways are not listed.`]),
    ...(running === undefined
      ? []
      : [`A later scan is under way: ${running.percent} percent (operation ${running.id}).`]),
    `This page was made at ${minuteOf(now.toISOString())} UTC. Azure’s dates are those that Microsoft had published by November 2026.`,
  ];
  return lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n');
}

interface Group {
  readonly finding: InventoryFinding;
  readonly gateways: readonly InventoryGateway[];
}

/** The same finding of many gateways is one line. */
function timeline(gateways: readonly InventoryGateway[]): string {
  const groups = new Map<string, Group>();
  for (const gateway of gateways) {
    for (const finding of gateway.findings) {
      const key = `${finding.code} ${finding.severity} ${finding.date ?? ''}`;
      const others = groups.get(key)?.gateways ?? [];
      if (!others.includes(gateway)) groups.set(key, { finding, gateways: [...others, gateway] });
    }
  }
  if (groups.size === 0) return '<p>Nothing was found.</p>';
  const rows = [...groups.values()].toSorted((a, b) => compareFindings(a.finding, b.finding)).map(timelineRow);
  return `<table><thead><tr><th>When</th><th></th><th>What</th><th>Gateways</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

function timelineRow({ finding: { code, severity, date }, gateways }: Group): string {
  const names = gateways.map((gateway) => `<a href="#${gatewayAnchor(gateway)}">${escapeHtml(gateway.name)}</a>`);
  return `<tr><td>${date ?? 'no date'}</td><td class="${severity}">${severity}</td><td>${escapeHtml(problemCodes[code])}</td><td>${gateways.length}: ${names.join(', ')}</td></tr>`;
}

function unseen(notSeen: Inventory['notSeen']): string {
  const items = notSeen.map(
    ({ id, why }) => `<li>Not looked at, because: ${escapeHtml(why)}<br><span class="id">${escapeHtml(id)}</span></li>`,
  );
  return `<ul>\n${items.join('\n')}\n</ul>`;
}

function minuteOf(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}
