import type { UnzipFileInfo } from 'fflate';
import { unzipSync } from 'fflate';
import type { ProfileFile } from '../domain/profile-package.ts';

export interface ArchiveProblem {
  readonly code: string;
  readonly message: string;
}

export interface ProfileArchive {
  /** Every file of the archive, sorted by name. */
  readonly files: readonly ProfileFile[];
  /** Contents of the wanted files, by lower-case path with forward slashes. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export type ArchiveReading =
  { readonly ok: true; readonly archive: ProfileArchive } | { readonly ok: false; readonly problem: ArchiveProblem };

const archiveBytesMax = 64 * 1024 * 1024;
const entriesMax = 200;
const nameCharactersMax = 256;
const settingsBytesMax = 1024 * 1024;

class ArchiveFault extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Unpacks the wanted files of a zip, and lists the others without unpacking them (the Windows installers are large).
 * What an archive may cost is bounded by what it claims before anything is inflated: the unpacker writes into a buffer
 * of the claimed size and never beyond it. Backslashes in names are read as slashes, and case is ignored. Never throws.
 * `wantedBytesMax` is for each file that is unpacked.
 */
export function readProfileArchive(
  bytes: Uint8Array,
  isWanted: (path: string) => boolean,
  wantedBytesMax = settingsBytesMax,
): ArchiveReading {
  if (bytes.length > archiveBytesMax) return refuse('archiveTooLarge', 'The package is larger than 64 MB.');
  const files: ProfileFile[] = [];
  try {
    const unpacked = unzipSync(bytes, {
      filter: (entry) => addEntry(entry, isWanted(pathOf(entry.name)) ? wantedBytesMax : undefined, files),
    });
    const contents = new Map(Object.entries(unpacked).map(([name, content]) => [pathOf(name), content]));
    files.sort((left, right) => (left.name < right.name ? -1 : 1));
    return { ok: true, archive: { files, contents } };
  } catch (error: unknown) {
    if (error instanceof ArchiveFault) return refuse(error.code, error.message);
    return refuse('notAnArchive', 'The package is not a readable zip archive.');
  }
}

/** Whether it is unpacked: `bytesMax` is undefined for one that nobody wants. */
function addEntry(entry: UnzipFileInfo, bytesMax: number | undefined, files: ProfileFile[]): boolean {
  const file = toFile(entry);
  if (file.name.endsWith('/')) return false;
  if (files.length >= entriesMax) {
    throw new ArchiveFault('tooManyFiles', `The package has more than ${entriesMax} files.`);
  }
  if (files.some(({ name }) => name.toLowerCase() === file.name.toLowerCase())) {
    throw new ArchiveFault('fileTwice', 'The package has a file twice, so readers may disagree about what it says.');
  }
  if (bytesMax !== undefined && file.size > bytesMax) {
    throw new ArchiveFault('fileTooLarge', `A file of the package is larger than ${bytesMax / 1024 / 1024} MB.`);
  }
  files.push(file);
  return bytesMax !== undefined;
}

function toFile(entry: UnzipFileInfo): ProfileFile {
  const name = withSlashes(entry.name);
  const isUnsafe =
    name.length > nameCharactersMax ||
    /\p{C}/u.test(name) ||
    name.split('/').includes('..') ||
    /^([a-z]:|\/)/i.test(name);
  if (isUnsafe) {
    throw new ArchiveFault(
      'fileName',
      'The package has a file name that leads outside, is too long or is unprintable.',
    );
  }
  return { name, size: entry.originalSize };
}

function withSlashes(name: string): string {
  return name.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
}

function pathOf(name: string): string {
  return withSlashes(name).toLowerCase();
}

function refuse(code: string, message: string): ArchiveReading {
  return { ok: false, problem: { code, message } };
}
