const recordType = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;
const serverHelloDone = 14;
const headerBytes = 5;

/**
 * Whether these bytes are all that a TLS 1.2 server says before the client's turn: up to ServerHelloDone, or up to
 * Finished, or an alert. Nothing but the bytes says so: the server is not asked when it is done.
 */
export function isWholeFlight(bytes: Buffer): boolean {
  let hasChangedCipher = false;
  let inClear = Buffer.alloc(0);
  for (let at = 0; at < bytes.length;) {
    if (at + headerBytes > bytes.length) return false;
    const type = bytes[at];
    const end = at + headerBytes + bytes.readUInt16BE(at + 3);
    if (end > bytes.length) return false;
    if (type === recordType.alert) return true;
    if (type === recordType.changeCipherSpec) hasChangedCipher = true;
    else if (type === recordType.handshake && hasChangedCipher) return true;
    else if (type === recordType.handshake) inClear = Buffer.concat([inClear, bytes.subarray(at + headerBytes, end)]);
    at = end;
  }
  return !hasChangedCipher && lastMessage(inClear) === serverHelloDone;
}

/** The type of the last handshake message; undefined where it is not whole. */
function lastMessage(messages: Buffer): number | undefined {
  let last: number | undefined;
  for (let at = 0; at < messages.length;) {
    if (at + 4 > messages.length) return undefined;
    const end = at + 4 + messages.readUIntBE(at + 1, 3);
    if (end > messages.length) return undefined;
    last = messages[at];
    at = end;
  }
  return last;
}
