import type { StoredCertificate } from '../machine/model.ts';
import type { StepOutcome, WindowsMachine } from '../world/records.ts';
import { thumbprintOf } from './data-file.ts';
import type { TrustStores } from './tls.ts';

/** What this machine as a whole trusts: its own stores, not a person's. */
export function trustStores(machine: WindowsMachine): TrustStores {
  const of = (store: StoredCertificate['store']): string[] =>
    machine.certificates
      .filter((each) => each.location === 'LocalMachine' && each.store === store)
      .map(({ certificate }) => certificate);
  return { root: of('Root'), ca: of('CA') };
}

/** A certificate of LocalMachine\My. */
export function personalCertificate(machine: WindowsMachine, thumbprint: string): StoredCertificate | undefined {
  return machine.certificates.find((each) => isAt(each, 'My', thumbprint));
}

export function isInStore(machine: WindowsMachine, store: 'CA' | 'Root', thumbprint: string): boolean {
  return machine.certificates.some((each) => isAt(each, store, thumbprint));
}

export function addToStore(machine: WindowsMachine, store: 'CA' | 'Root', certificate: string): void {
  machine.certificates.push({ location: 'LocalMachine', store, certificate, hasPrivateKey: false });
}

/** False where it was not there. */
export function removeFromStore(machine: WindowsMachine, store: 'CA' | 'Root', thumbprint: string): boolean {
  const left = machine.certificates.filter((each) => !isAt(each, store, thumbprint));
  const wasThere = left.length < machine.certificates.length;
  machine.certificates = left;
  return wasThere;
}

export function hasProduct(machine: WindowsMachine, name: string): boolean {
  return machine.products.some((product) => product.name === name);
}

export function addProduct(machine: WindowsMachine, name: string, version: string): void {
  machine.products.push({ name, version });
}

export function removeProduct(machine: WindowsMachine, name: string): void {
  machine.products = machine.products.filter((product) => product.name !== name);
}

/** Answers 1618 where another installation runs; counts it as met. */
export function takeInstaller(machine: WindowsMachine): StepOutcome | undefined {
  if (machine.installer.busyTimes === 0) return undefined;
  machine.installer.busyTimes -= 1;
  return {
    ok: false,
    changed: false,
    code: 'Busy',
    facts: {},
    message: 'Another installation is running on this machine.',
    exitCode: 1618,
  };
}

/** What an installation ends with: done, or done once the machine has started again (3010). */
export function endInstallation(machine: WindowsMachine, facts: object): StepOutcome {
  if (machine.installer.rebootTimes === 0) return { ok: true, changed: true, code: '', facts };
  machine.installer.rebootTimes -= 1;
  machine.isRestartPending = true;
  return { ok: true, changed: true, code: 'RebootRequired', facts, exitCode: 3010 };
}

export function readBytes(machine: WindowsMachine, path: string): Buffer | undefined {
  const [, content] = fileAt(machine, path) ?? [];
  return content === undefined ? undefined : Buffer.from(content, 'base64');
}

export function writeBytes(machine: WindowsMachine, path: string, bytes: Buffer): void {
  machine.files[fileAt(machine, path)?.[0] ?? path] = bytes.toString('base64');
}

/** False where it was not there. */
export function deleteFile(machine: WindowsMachine, path: string): boolean {
  const [name] = fileAt(machine, path) ?? [];
  if (name === undefined) return false;
  machine.files = Object.fromEntries(Object.entries(machine.files).filter(([each]) => each !== name));
  return true;
}

/** Windows minds no case in paths. */
function fileAt(machine: WindowsMachine, path: string): readonly [string, string] | undefined {
  return Object.entries(machine.files).find(([name]) => name.toLowerCase() === path.toLowerCase());
}

function isAt(each: StoredCertificate, store: StoredCertificate['store'], thumbprint: string): boolean {
  return each.location === 'LocalMachine' && each.store === store && thumbprintOf(each.certificate) === thumbprint;
}
