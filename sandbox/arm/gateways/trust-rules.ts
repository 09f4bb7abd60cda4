import { ArmRefusal, refuseFormat } from '../arm-refusal.ts';
import { asObjects, asText, type JsonObject, propertiesOf } from '../json-object.ts';
import { sameId } from '../resource-id.ts';
import { checkNetworkName } from '../resource-names.ts';
import type { GatewayPlan } from './gateway-plan.ts';
import { parseRootData } from './root-data.ts';

/** Published limits of a gateway. */
const rootsMax = 20;
const revokedMax = 300;

/** One bad entry refuses the whole body: that is what makes a shared list dangerous, and is kept. */
export function checkTrust(plan: GatewayPlan): void {
  const roots = asObjects(plan.client?.['vpnClientRootCertificates']);
  const revoked = asObjects(plan.client?.['vpnClientRevokedCertificates']);
  checkCount('vpnClientRootCertificates', roots.length, rootsMax);
  checkCount('vpnClientRevokedCertificates', revoked.length, revokedMax);
  checkEntries('vpnClientRootCertificates', 'VpnClientRootCertificate', roots);
  checkEntries('vpnClientRevokedCertificates', 'VpnClientRevokedCertificate', revoked);
  for (const root of roots) checkRoot(root, plan.context.host.clock.now());
  for (const entry of revoked) checkThumbprint(entry);
}

function checkCount(collection: string, count: number, countMax: number): void {
  if (count <= countMax) return;
  const message = `The number of ${collection} is ${count}, which exceeds the maximum of ${countMax} for a virtual network gateway.`;
  throw new ArmRefusal(400, 'VpnClientCertificateCountExceeded', message);
}

function checkEntries(collection: string, type: string, entries: readonly JsonObject[]): void {
  for (const [index, entry] of entries.entries()) {
    const path = `properties.vpnClientConfiguration.${collection}[${index}]`;
    checkWrapper(path, type, entry);
    const name = asText(entry['name']) ?? '';
    checkNetworkName(name);
    if (entries.slice(0, index).some((other) => sameId(asText(other['name']), name))) {
      const message = `Name ${name} is used more than once in ${collection}.`;
      throw new ArmRefusal(400, 'DuplicateResourceName', message);
    }
  }
}

/** Data beside `properties` instead of inside is the mistake that bit several tools. */
function checkWrapper(path: string, type: string, entry: JsonObject): void {
  const misplaced = ['publicCertData', 'thumbprint'].find((field) => field in entry);
  if (misplaced !== undefined) {
    const message = `Could not find member '${misplaced}' on object of type '${type}'. Path '${path}.${misplaced}'.`;
    throw refuseFormat([{ code: 'InvalidJson', message }]);
  }
  if (!('properties' in entry)) {
    const message = `Required property 'properties' not found in JSON. Path '${path}'.`;
    throw refuseFormat([{ code: 'InvalidJson', message }]);
  }
}

function checkRoot(root: JsonObject, now: Date): void {
  const name = asText(root['name']) ?? '';
  const certificate = parseRootData(asText(propertiesOf(root)['publicCertData']) ?? '');
  if (certificate === undefined) {
    throw new ArmRefusal(400, 'VpnClientRootCertificateDataInvalid', `Data for certificate ${name} is invalid.`);
  }
  if (certificate.validToDate <= now) {
    const message = `Root certificate ${name} expired on ${certificate.validToDate.toISOString()}. Please remove this certificate and retry.`;
    throw new ArmRefusal(400, 'VpnClientRootCertificateExpired', message);
  }
}

function checkThumbprint(entry: JsonObject): void {
  const thumbprint = asText(propertiesOf(entry)['thumbprint']) ?? '';
  if (/^[0-9A-Fa-f]{40}$/.test(thumbprint)) return;
  const message = `Thumbprint ${thumbprint} of revoked certificate ${asText(entry['name']) ?? ''} is invalid.`;
  throw new ArmRefusal(400, 'VpnClientRevokedCertificateThumbprintInvalid', message);
}
