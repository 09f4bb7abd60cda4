import { connect } from 'node:net';

/**
 * Sends a request as it stands, line by line in Latin-1, and answers all that comes back. It should ask for
 * `connection: close`.
 */
export async function sendRaw(url: string, lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setEncoding('latin1');
  socket.write(lines.join('\r\n'), 'latin1');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
