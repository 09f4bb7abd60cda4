import type { P2sSettings } from './p2s-settings.ts';

/** The step that brings the private key, as the page of a kit has it. */
export function keyStep({ pfx, fileStem }: P2sSettings): string {
  if (pfx === undefined) {
    return `Put the private key that the certificate was asked for with beside them, as ${fileStem}.key (PEM).
     ${madeKeyNote(`${fileStem}.key`)}`;
  }
  if (pfx.password === undefined) {
    return `${fileStem}.pfx holds the private key; its password was given to you separately.`;
  }
  return `${fileStem}.pfx holds the private key, and the scripts know its password. Do not pass it on.`;
}

/** The same for whoever hands the kit over. */
export function keyNotes({ pfx, fileStem }: P2sSettings, fileName: string): readonly string[] {
  if (pfx !== undefined) return [`${fileName} holds the private key: hand it to its owner alone, and keep no copy.`];
  return [
    `Put the private key that the certificate request was made with beside the unpacked files, as ${fileStem}.key (PEM).`,
    `The key is not part of this kit. ${madeKeyNote(`${fileStem}.key`)}`,
  ];
}

/** How a key that came in a file with its order gets to where a kit that was made later looks for it. */
export function madeKeyNote(keyFileName: string): string {
  return `One that was made with its certificate is in the .pfx that came then: openssl pkcs12 -in FILE.pfx -nocerts -nodes -out ${keyFileName} takes it out.`;
}

/** For a device on which nothing can be put beside a file. */
export function phoneKeyNote({ pfx }: P2sSettings): string {
  return pfx === undefined
    ? 'The private key is not part of this kit: install it on the device first, as a .pfx with its certificate.'
    : 'The profile holds the private key: hand it to its owner alone, and keep no copy.';
}
