const universalConstructed: ReadonlySet<number> = new Set([0x10, 0x11]);

const contentRules: ReadonlyMap<number, (contents: Uint8Array) => string | undefined> = new Map([
  [0x01, findBooleanFault],
  [0x02, findIntegerFault],
  [0x03, findBitStringFault],
  [0x05, (contents) => (contents.length === 0 ? undefined : 'A NULL has contents.')],
  [0x06, findObjectIdentifierFault],
  [0x0a, findIntegerFault],
  [0x17, (contents) => findTimeFault(contents, /^\d{12}Z$/)],
  [0x18, (contents) => findTimeFault(contents, /^\d{14}(\.\d*[1-9])?Z$/)],
]);

/**
 * What DER (X.690 sections 10 and 11) forbids in the contents of a value with this tag, as a sentence; undefined if
 * nothing. Characters of strings and the order of sets are not looked at: see findTextFaults.
 */
export function findContentsFault(tag: number, contents: Uint8Array): string | undefined {
  const isUniversal = (tag & 0xc0) === 0;
  if (!isUniversal) return undefined;
  const number = tag & 0x1f;
  const isConstructed = (tag & 0x20) !== 0;
  if (number === 0) return 'End-of-contents octets are BER, not DER.';
  if (isConstructed !== universalConstructed.has(number)) {
    return isConstructed
      ? 'A string is in pieces, which is BER, not DER.'
      : 'A SEQUENCE or SET is marked as primitive.';
  }
  return contentRules.get(number)?.(contents);
}

function findBooleanFault(contents: Uint8Array): string | undefined {
  const isCanonical = contents.length === 1 && (contents[0] === 0x00 || contents[0] === 0xff);
  return isCanonical ? undefined : 'A BOOLEAN is neither 00 nor FF.';
}

function findIntegerFault(contents: Uint8Array): string | undefined {
  const [first, second] = contents;
  if (first === undefined) return 'An INTEGER is empty.';
  if (second === undefined) return undefined;
  const isPadded = (first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80);
  return isPadded ? 'An INTEGER is not in its shortest form.' : undefined;
}

function findBitStringFault(contents: Uint8Array): string | undefined {
  const unused = contents[0];
  if (unused === undefined || unused > 7) return 'A BIT STRING does not say its unused bits.';
  if (contents.length === 1) return unused === 0 ? undefined : 'An empty BIT STRING has unused bits.';
  const last = contents[contents.length - 1] ?? 0;
  return (last & ((1 << unused) - 1)) === 0 ? undefined : 'Unused bits of a BIT STRING are not zero.';
}

function findObjectIdentifierFault(contents: Uint8Array): string | undefined {
  const last = contents[contents.length - 1];
  if (last === undefined || last >= 0x80) return 'An OBJECT IDENTIFIER is cut off.';
  const isPadded = contents.some((byte, index) => byte === 0x80 && (index === 0 || (contents[index - 1] ?? 0) < 0x80));
  return isPadded ? 'An OBJECT IDENTIFIER is not in its shortest form.' : undefined;
}

function findTimeFault(contents: Uint8Array, form: RegExp): string | undefined {
  return form.test(Buffer.from(contents).toString('latin1'))
    ? undefined
    : 'A time is not in its DER form (UTC, with seconds).';
}
