import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { personalCertificate, trustStores } from '../connector/machine.ts';
import { siteNamed, tenantSiteName, withWebServer } from '../connector/sites.ts';
import { buildChain, isInDate, isSelfIssued, parse, windowsThumbprint } from '../connector/tls.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, fine, refused } from './connector-step.ts';
import { fqdn, thumbprint } from './w-parameters.ts';

const parameters = z.strictObject({ tenantPortalFqdn: fqdn, thumbprint: thumbprint.optional() });
type Call = BoundCall<typeof parameters>;

export const w7: StepEmulator = {
  perform: bindStep({ parameters, modes: { probe: withWebServer(checkCertificate) } }),
  seconds: { probe: 6, apply: 6, verify: 6 },
};

function checkCertificate({ machine, parameters, nowMs }: Call): StepOutcome {
  const wanted = parameters.thumbprint ?? siteNamed(machine.azurePack, tenantSiteName)?.thumbprint;
  if (wanted === undefined) {
    return refused('Precondition', `${tenantSiteName} has no HTTPS binding with a certificate.`);
  }
  const held = personalCertificate(machine, wanted);
  if (held === undefined) return refused('Precondition', `${wanted} is not in LocalMachine\\My.`);
  const certificate = parse(held.certificate);
  const stores = trustStores(machine);
  const chain = buildChain(certificate, [...stores.ca, ...stores.root].map(parse));
  const facts = factsOf(certificate, chain.slice(1));
  const anchor = chain.at(-1);
  if (!held.hasPrivateKey) return refused('Precondition', `${wanted} has no private key.`, facts);
  if (isSelfIssued(certificate)) return refused('Precondition', `${wanted} is self-signed.`, facts);
  if (!isInDate(certificate, nowMs)) return refused('Precondition', `${wanted} is out of date.`, facts);
  if (certificate.checkHost(parameters.tenantPortalFqdn) === undefined) {
    return refused('Precondition', `${wanted} is not for ${parameters.tenantPortalFqdn}.`, facts);
  }
  if (anchor === undefined || !stores.root.some((root) => parse(root).fingerprint256 === anchor.fingerprint256)) {
    return refused('Precondition', `The chain of ${wanted} does not build.`, facts);
  }
  return fine(facts);
}

function factsOf(certificate: X509Certificate, issuers: readonly X509Certificate[]): object {
  return {
    thumbprint: windowsThumbprint(certificate),
    subject: certificate.subject,
    issuer: certificate.issuer,
    notAfter: `${new Date(certificate.validTo).toISOString().slice(0, 19)}Z`,
    issuers: issuers.map((issuer) => ({
      thumbprint: windowsThumbprint(issuer),
      store: isSelfIssued(issuer) ? 'Root' : 'CA',
      certificate: issuer.raw.toString('base64'),
    })),
  };
}
