import type { DerValue } from './der.ts';
import { derTag } from './der.ts';

const stringRules: ReadonlyMap<number, { readonly name: string; readonly isSound: (contents: Uint8Array) => boolean }> =
  new Map([
    [derTag.utf8String, { name: 'UTF8String', isSound: isUtf8 }],
    [derTag.printableString, { name: 'PrintableString', isSound: isPrintable }],
    [derTag.ia5String, { name: 'IA5String', isSound: isAscii }],
    [derTag.bmpString, { name: 'BMPString', isSound: (contents) => contents.length % 2 === 0 }],
    [derTag.universalString, { name: 'UniversalString', isSound: (contents) => contents.length % 4 === 0 }],
  ]);

/**
 * Sentences about strings that hold what their type has no room for, and SETs out of DER order, anywhere below a value.
 * Kept apart from reading: roots of old enterprise CAs break these and are still usable, what is issued here may not.
 */
export function findTextFaults(value: DerValue): readonly string[] {
  const rule = stringRules.get(value.tag);
  const own =
    rule === undefined || rule.isSound(value.contents) ? [] : [`A ${rule.name} holds bytes its type does not allow.`];
  const order =
    value.tag === derTag.set && !isInOrder(value.children) ? ['The elements of a SET are not in DER order.'] : [];
  return [...own, ...order, ...value.children.flatMap(findTextFaults)];
}

function isInOrder(elements: readonly DerValue[]): boolean {
  return elements.every((element, index) => {
    const previous = elements[index - 1];
    return previous === undefined || Buffer.compare(previous.encoding, element.encoding) <= 0;
  });
}

function isUtf8(contents: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(contents);
    return true;
  } catch {
    // The decoder has no other way of saying no.
    return false;
  }
}

function isPrintable(contents: Uint8Array): boolean {
  return /^[A-Za-z0-9 '()+,./:=?-]*$/.test(Buffer.from(contents).toString('latin1'));
}

function isAscii(contents: Uint8Array): boolean {
  return contents.every((byte) => byte < 0x80);
}
