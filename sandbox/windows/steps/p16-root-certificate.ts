import type { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { deleteFile, readBytes, writeBytes } from '../connector/machine.ts';
import { lookAt } from '../connector/network.ts';
import { parse, windowsThumbprint } from '../connector/tls.ts';
import type { StoredCertificate } from '../machine/model.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, changed, fine, refused, seen } from './connector-step.ts';
import { thumbprint } from './w-parameters.ts';

const locations = ['LocalMachine', 'CurrentUser'] as const;
const searched = z.strictObject({ subjectPatterns: z.array(z.string().min(1).max(256)).min(1).max(8) });
const exported = z.strictObject({ thumbprint, store: z.enum(locations) });
const portal = z.strictObject({
  portalFqdn: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/),
});
type ExportCall = BoundCall<typeof exported>;

const file = 'C:\\CA.cer';

export const p16: StepEmulator = {
  perform: bindStep({ parameters: searched, modes: { probe: find } }),
  seconds: { probe: 4, apply: 4, verify: 4 },
};

export const p17: StepEmulator = {
  perform: bindStep({
    parameters: exported,
    modes: { probe: isExported, apply: exportIt, verify: isExported, undo: deleteIt },
  }),
  seconds: { probe: 3, apply: 4, verify: 3, undo: 3 },
  needsElevation: true,
};

export const p21: StepEmulator = {
  perform: bindStep({ parameters: portal, modes: { probe: lookAtPortal } }),
  seconds: { probe: 5, apply: 5, verify: 5 },
};

interface Candidate {
  readonly certificate: X509Certificate;
  readonly store: StoredCertificate['location'];
}

/** The first pattern that finds one wins, and of what it finds the one that lasts longest. */
function find(call: BoundCall<typeof searched>): StepOutcome {
  for (const pattern of call.parameters.subjectPatterns) {
    const [first, ...others] = candidates(call).filter(({ certificate }) => isLike(subjectOf(certificate), pattern));
    if (first === undefined) continue;
    const newest = others.reduce((best, each) => (endOf(each) > endOf(best) ? each : best), first);
    return fine({
      thumbprint: windowsThumbprint(newest.certificate),
      notAfter: `${new Date(endOf(newest)).toISOString().slice(0, 19)}Z`,
      subject: subjectOf(newest.certificate),
      store: newest.store,
      candidates: [...new Set([first, ...others].map(({ certificate }) => windowsThumbprint(certificate)))].sort(),
    });
  }
  return refused('Precondition', 'No root certificate has such a subject.');
}

/** The machine's own store, then that of the account that looks: SYSTEM sees none of what a person imported. */
function candidates({ machine, runAs }: Pick<BoundCall, 'machine' | 'runAs'>): Candidate[] {
  return locations.flatMap((location) =>
    machine.certificates
      .filter((each) => each.location === location && each.store === 'Root' && isVisible(each, runAs))
      .map((each) => ({ certificate: parse(each.certificate), store: location })),
  );
}

function isVisible({ location, owner }: StoredCertificate, runAs: string | undefined): boolean {
  return location === 'LocalMachine' || owner?.toLowerCase() === runAs?.toLowerCase();
}

function isExported(call: ExportCall): StepOutcome {
  const found = exportedFile(call);
  const message = 'The file is not there, or it holds another certificate.';
  return seen(call.mode, found !== undefined, message, found ?? {});
}

function exportIt(call: ExportCall): StepOutcome {
  const there = exportedFile(call);
  if (there !== undefined) return fine(there);
  const found = candidates(call).find(
    ({ certificate, store }) =>
      store === call.parameters.store && windowsThumbprint(certificate) === call.parameters.thumbprint,
  );
  if (found === undefined) return refused('Precondition', 'The certificate is not in the store any more.');
  writeBytes(call.machine, file, found.certificate.raw);
  return changed({ certificate: found.certificate.raw.toString('base64'), file });
}

function deleteIt(call: ExportCall): StepOutcome {
  if (exportedFile(call) === undefined) return fine();
  deleteFile(call.machine, file);
  return changed();
}

function exportedFile({ machine, parameters }: ExportCall): { certificate: string; file: string } | undefined {
  const certificate = readBytes(machine, file)?.toString('base64');
  if (certificate === undefined) return undefined;
  try {
    return windowsThumbprint(parse(certificate)) === parameters.thumbprint ? { certificate, file } : undefined;
  } catch {
    return undefined;
  }
}

function lookAtPortal(call: BoundCall<typeof portal>): StepOutcome {
  const { world, machine, nowMs, parameters } = call;
  const sight = lookAt({ world, machine, nowMs, host: parameters.portalFqdn, port: 443, isTlsWanted: false });
  return seen(call.mode, sight.connected, 'Nothing answers on port 443.', { portalAnswers: sight.connected });
}

/** As .NET writes it: the last part of the name first. */
function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').reverse().join(', ');
}

function endOf({ certificate }: Candidate): number {
  return Date.parse(certificate.validTo);
}

/** PowerShell's -like, sets in brackets left out. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(text);
}
