/**
 * Started by sshd in place of whatever a client asks for (`ForceCommand`): `node powershell-shim.ts ROUTE CONNECTION`.
 * Asks the stack, by the route that the file ROUTE tells, what the machine at the other end answers, and says that.
 * Node's own modules alone, because one of these is started for every command.
 */
import { readFileSync } from 'node:fs';

const stdinMaxBytes = 1024 * 1024;
const [shimFile = '', connection = ''] = process.argv.slice(2);
const route = JSON.parse(readFileSync(shimFile, 'utf8')) as { readonly url: string; readonly key: string };

const stdin = await readInput();
const response = await fetch(route.url, {
  method: 'POST',
  headers: { 'x-shim-key': route.key, 'content-type': 'application/json' },
  body: JSON.stringify({
    connection,
    commandLine: process.env['SSH_ORIGINAL_COMMAND'] ?? '',
    stdin: stdin.toString('base64'),
  }),
});
if (!response.ok) process.exit(255);
const answer = (await response.json()) as { stdout: string; stderr: string; exitCode: number };
await Promise.all([write(process.stderr, answer.stderr), write(process.stdout, answer.stdout)]);
process.exit(answer.exitCode & 0xff);

/** Standard input to its end: PowerShell's `$input` is not there before. */
async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > stdinMaxBytes) break;
  }
  return Buffer.concat(chunks);
}

/** Settles when the reader has it: ending before would cut a long answer. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.write(text, () => {
      resolve();
    });
  });
}
