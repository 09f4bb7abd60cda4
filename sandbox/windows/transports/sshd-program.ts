import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** sshd, which has to be named by its absolute path, is rarely on the path of a plain user. */
const usualFolders = ['/usr/sbin', '/usr/local/sbin'];

/** What puts Debian's SSH server on a machine. */
export const installSshd = 'apt-get install -y --no-install-recommends openssh-server';

/** The absolute path of the system's SSH server, or undefined where there is none. */
export function findSshd(path: string = process.env['PATH'] ?? ''): string | undefined {
  const folders = [...usualFolders, ...path.split(delimiter).filter((folder) => folder.startsWith('/'))];
  return folders.map((folder) => join(folder, 'sshd')).find(isExecutable);
}

/** Makes the empty folder that sshd wants when root starts it: Debian's init makes it, a container has no init. */
export function ensurePrivilegeSeparation(): void {
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
