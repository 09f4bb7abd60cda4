import type { Problem } from './app-error.ts';

const lengthMin = 12;
const lengthMax = 128;

/**
 * What is wrong with a password for a `.pfx` file; nothing if it may be used. Only printable ASCII: readers disagree on
 * how other letters become bytes, and a file that opens on one of two machines is worse than another password.
 */
export function checkPkcs12Password(password: string): readonly Omit<Problem, 'path'>[] {
  if (!/^[\x20-\x7e]*$/.test(password)) {
    const message = 'The password has letters that systems write into .pfx files in different ways.';
    const fix = 'Use letters A to Z, digits and the signs of an English keyboard.';
    return [{ code: 'passwordUnusable', message, fix }];
  }
  if (password.length < lengthMin || password.length > lengthMax) {
    const message = `The password has ${password.length} characters.`;
    return [{ code: 'passwordUnusable', message, fix: `Use ${lengthMin} to ${lengthMax} characters.` }];
  }
  if (password.trim() !== password) {
    const message = 'The password begins or ends with a blank, which is lost where it is copied.';
    return [{ code: 'passwordUnusable', message, fix: 'Leave the blank out.' }];
  }
  return [];
}
