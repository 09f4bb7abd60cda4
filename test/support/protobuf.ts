/**
 * As much of protobuf's wire format as a test needs: fields of one message by their number (protobuf.dev, "Encoding").
 */

interface Field {
  readonly number: number;
  readonly value: Buffer | number;
}

/** Contents of the fields of this number that have a length: messages, texts, bytes. */
export function messagesIn(message: Buffer, number: number): Buffer[] {
  return fieldsOf(message).flatMap((field) =>
    field.number === number && typeof field.value !== 'number' ? [field.value] : [],
  );
}

export function asBytes(message: Buffer, number: number): Buffer {
  return messagesIn(message, number)[0] ?? Buffer.alloc(0);
}

export function asText(message: Buffer, number: number): string {
  return asBytes(message, number).toString('utf8');
}

/** Zero where the field is absent, as protobuf has it. */
export function asNumber(message: Buffer, number: number): number {
  return Number(fieldsOf(message).find((field) => field.number === number)?.value ?? 0);
}

function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < message.length;) {
    const [tag, afterTag] = readVarint(message, at);
    const [value, next] = readValue(message, afterTag, tag & 7);
    fields.push({ number: tag >>> 3, value });
    at = next;
  }
  return fields;
}

function readValue(message: Buffer, at: number, wireType: number): [Buffer | number, number] {
  switch (wireType) {
    case 0:
      return readVarint(message, at);
    case 1:
      return [Number(message.readBigUInt64LE(at)), at + 8];
    case 2: {
      const [length, start] = readVarint(message, at);
      return [message.subarray(start, start + length), start + length];
    }
    case 5:
      return [message.readUInt32LE(at), at + 4];
    default:
      throw new Error(`protobuf wire type ${wireType}`);
  }
}

function readVarint(message: Buffer, start: number): [number, number] {
  let value = 0;
  for (let at = start, factor = 1; ; at += 1, factor *= 128) {
    const byte = message[at];
    if (byte === undefined) throw new Error('a protobuf message ends within a number');
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at + 1];
  }
}
