/** Blob containers, all private. */
export const containers = {
  /** The gateways' profile packages. */
  profiles: 'profiles',
  /** Sealed files that wait to be fetched. */
  downloads: 'downloads',
  /** Lists of certificates until they are registered. */
  imports: 'imports',
  /** What run commands wrote on machines. */
  runCommands: 'run-commands',
} as const;
