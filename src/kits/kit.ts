/** A file for one person's machine, and what else that person has to know. Often secret: who hands it over says so. */
export interface Kit extends FileType {
  readonly fileName: string;
  readonly content: Uint8Array;
  /** Where the private key has to be put, beside the file; absent where the kit needs none or holds it. */
  readonly keyFileName?: string;
  readonly notes: readonly string[];
  /** What to do with the file once it is there, for the person whose machine it is: one or two sentences. */
  readonly howTo: string;
}

export interface FileType {
  /** Without a dot. */
  readonly extension: string;
  readonly contentType: string;
  /** How the file is written in a JSON answer. */
  readonly encoding: 'utf8' | 'base64';
}

/** What a platform makes of the settings. A kit of several files packs them: `packFiles`. */
export interface KitParts {
  readonly content: string | Uint8Array;
  readonly keyFileName?: string;
  /** Sentences for whoever gets the kit, where the file cannot say them itself. */
  readonly notes?: readonly string[];
}

/** A row of the table of platforms. */
export interface KitPlatform<Settings> {
  /** Whom it is for and what is in it, as the API reference says it: one sentence. */
  readonly about: string;
  /** What its owner does with the file first: one or two sentences. What follows is in the file. */
  readonly howTo: string;
  readonly fileType: FileType;
  /** Of the `.pfx` that its reader needs, where the key was made here: `modern` if not given. */
  readonly pfxEncryption?: 'legacy';
  /**
   * `fileName` is what the file will be called. Throws an `AppError` where no kit can be made of these settings. The
   * same settings give the same bytes.
   */
  readonly build: (settings: Settings, fileName: string) => KitParts;
}
