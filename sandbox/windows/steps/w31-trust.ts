import { createHash } from 'node:crypto';
import { z } from 'zod';
import { qualifiedName } from '../connector/accounts.ts';
import { decodeDataFile, readDataFile, thumbprintOf } from '../connector/data-file.ts';
import { readBytes } from '../connector/machine.ts';
import { canReachMachine } from '../connector/network.ts';
import { isListed, showsTrust, type SqlServer, sqlServerNamed, type Trust, trusts } from '../connector/sql.ts';
import type { StepEmulator, StepOutcome } from '../world/records.ts';
import { bindStep, type BoundCall, brokenOff, changed, fine, refused, seen } from './connector-step.ts';
import { fileName, folder, sha256, thumbprint } from './w-parameters.ts';
import { dataFilePath } from './w26-data-file.ts';

const parameters = z.strictObject({
  folder,
  fileName,
  sha256,
  sqlServer: z.string(),
  realm: z.string().max(512),
  thumbprint,
});
type Call = BoundCall<typeof parameters>;

/**
 * What is noted behind the name of the backup once the script has ended well: whether the settings showed the trust
 * then.
 */
const doneShown = 'done';
const doneUnseen = 'done-unseen';

export const w31: StepEmulator = {
  perform: bindStep({
    parameters,
    modes: { probe: isTrusted, apply: trust, verify: isTrusted, undo: restore },
  }),
  interrupt: bindStep({ parameters, modes: { apply: backUpOnly } }),
  seconds: { probe: 8, apply: 60, verify: 8, undo: 60 },
};

function isTrusted(call: Call): StepOutcome {
  const opened = openServer(call);
  if (opened.outcome === 'refused') return opened.answer;
  const isShown = showsTrust(opened.server, call.parameters);
  const [backup, done] = call.machine.notes[noteName(call)] ?? [];
  const facts = { isTrusted: isShown, ...(backup === undefined ? {} : { backup }) };
  // Where the settings never showed it, what the machine noted of its own success counts, and a person decides.
  if (!isShown && done === doneUnseen) {
    return { ...fine(facts), message: 'The settings do not show the trust: a sign-in decides.' };
  }
  return seen(call.mode, isShown, 'No token service with this realm and certificate is trusted.', facts);
}

function trust(call: Call): StepOutcome {
  const opened = openServer(call);
  if (opened.outcome === 'refused') return opened.answer;
  const { server } = opened;
  if (!call.isElevated) return notAdministrator();
  const found = findDataFile(call);
  if (found.outcome === 'refused') return found.answer;
  noteWork(call, server);
  const backup = backUp(call, server);
  const trust = readTrust(found.bytes);
  if (trust === undefined) {
    return brokenOff('ToolFailed', 'Configure-TrustAzureStack.ps1 ended with 1: the data file cannot be read.', {
      backup,
      isTrusted: showsTrust(server, call.parameters),
    });
  }
  server.trustRuns[trust.realm] = (server.trustRuns[trust.realm] ?? 0) + 1;
  if (!trusts(server, trust)) server.trusts.push(trust);
  const isShown = showsTrust(server, call.parameters);
  call.machine.notes[noteName(call)] = [backup, isShown ? doneShown : doneUnseen];
  return changed({ backup, isTrusted: isShown });
}

/** A machine that dies meanwhile leaves the backup, and the work half done on the store is rolled back. */
function backUpOnly(call: Call): StepOutcome {
  const opened = openServer(call);
  if (opened.outcome === 'refused') return opened.answer;
  noteWork(call, opened.server);
  return changed({ backup: backUp(call, opened.server) });
}

function restore(call: Call): StepOutcome {
  const opened = openServer(call);
  if (opened.outcome === 'refused') return opened.answer;
  const { server } = opened;
  if (!call.isElevated) return notAdministrator();
  const [noted] = call.machine.notes[noteName(call)] ?? [];
  const backup = server.backups.find(({ name }) => name === noted);
  if (backup === undefined) {
    if (!showsTrust(server, call.parameters)) return fine({ isTrusted: false });
    return refused(
      'Precondition',
      'The trust is there, but this machine has no note of a backup that was made before it.',
      {
        isTrusted: true,
      },
    );
  }
  noteWork(call, server);
  server.backups.push({ name: backupName(call, '-undone'), trusts: copyOf(server.trusts) });
  server.trusts = copyOf(backup.trusts);
  Reflect.deleteProperty(call.machine.notes, noteName(call));
  return changed({ backup: backup.name, isTrusted: showsTrust(server, call.parameters) });
}

type Opened =
  | { readonly outcome: 'opened'; readonly server: SqlServer }
  | { readonly outcome: 'refused'; readonly answer: StepOutcome };

/** With the account that the step runs as: SYSTEM is no login of anybody's SQL server. */
function openServer(call: Call): Opened {
  const { world, machine, parameters, runAs } = call;
  if (machine.azurePack.tenantApi === undefined) {
    return { outcome: 'refused', answer: refused('Precondition', 'This is no machine of the Tenant API.') };
  }
  const server = sqlServerNamed(world.connector, parameters.sqlServer);
  if (server === undefined || !canReachMachine(world, machine, server.machineId)) {
    return { outcome: 'refused', answer: refused('Unreachable', 'The SQL server does not open (error 53).') };
  }
  const account = runAs === undefined ? undefined : qualifiedName(world, machine, runAs);
  if (account === undefined || !isListed([...server.logins, ...server.sysadmins], account)) {
    return { outcome: 'refused', answer: refused('AuthFailed', 'The SQL server does not open (error 18456).') };
  }
  if (!isListed(server.sysadmins, account)) {
    return {
      outcome: 'refused',
      answer: refused('Precondition', 'The account that this step runs as is not sysadmin on the SQL server.'),
    };
  }
  if (!server.hasStore) {
    return {
      outcome: 'refused',
      answer: refused('Precondition', 'The SQL server has no database Microsoft.MgmtSvc.Store.'),
    };
  }
  return { outcome: 'opened', server };
}

type FoundFile =
  { readonly outcome: 'found'; readonly bytes: Buffer } | { readonly outcome: 'refused'; readonly answer: StepOutcome };

function notAdministrator(): StepOutcome {
  return refused('Precondition', 'The account that this step runs as is no administrator of this machine.');
}

function findDataFile({ machine, parameters }: Call): FoundFile {
  const refuse = (code: string, message: string): FoundFile => ({ outcome: 'refused', answer: refused(code, message) });
  if (machine.azurePack.staged[parameters.folder] === undefined) {
    return refuse('Precondition', 'The staged package has no setup\\scripts\\Configure-TrustAzureStack.ps1.');
  }
  const bytes = readBytes(machine, dataFilePath(parameters));
  if (bytes === undefined) return refuse('Precondition', 'The data file is not in the folder of the package.');
  if (createHash('sha256').update(bytes).digest('hex') !== parameters.sha256) {
    return refuse('Precondition', 'The data file is not the one that was approved.');
  }
  return { outcome: 'found', bytes };
}

/**
 * What is trusted is what the file says, not what the caller thinks that it says. Undefined where it cannot be read.
 */
function readTrust(bytes: Buffer): Trust | undefined {
  const content = readDataFile(decodeDataFile(bytes));
  const thumbprint = content === undefined ? undefined : thumbprintOf(content.signingCertificate);
  return content === undefined || thumbprint === undefined ? undefined : { realm: content.realm, thumbprint };
}

/** Noted on the machine: the backup of an earlier try, cut off, is the true one. */
function backUp(call: Call, server: SqlServer): string {
  const { machine } = call;
  const [noted] = machine.notes[noteName(call)] ?? [];
  if (noted !== undefined) return noted;
  const name = backupName(call, '');
  server.backups.push({ name, trusts: copyOf(server.trusts) });
  machine.notes[noteName(call)] = [name];
  return name;
}

function backupName({ parameters, nowMs }: Call, what: '' | '-undone'): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return `Gatehouse-Store-${parameters.sha256.slice(0, 16)}-${stamp}${what}.bak`;
}

function noteName({ parameters }: Call): string {
  return `W31-${parameters.sha256.slice(0, 16)}`;
}

function copyOf(list: readonly Trust[]): Trust[] {
  return list.map((trust) => ({ ...trust }));
}

/** Two at once on one store spoil it, which no real server would say so plainly. */
function noteWork({ world, parameters, begunMs, nowMs, mode }: Call, server: SqlServer): void {
  if (server.lastWorkEndedMs > begunMs) {
    server.isCorrupt = true;
    world.connector.violations.push(`W31 ${mode}: two worked on the store of ${parameters.sqlServer} at once.`);
  }
  server.lastWorkEndedMs = nowMs;
}
