/** `npm run wait`: waits, without a time of its own, until an operation has ended or a revocation is proven. */
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { readRunningStack } from './walkthrough/read-stack.ts';
import { waitFor } from './walkthrough/wait-for.ts';

const usage = `usage: npm run --silent wait -- [--hurry] [--state DIR] [OPERATION | THUMBPRINT]
  OPERATION      id of an operation; without it, the operation in the answer that is piped in:
                 curl ... | npm run --silent wait
  THUMBPRINT     a revoked certificate: waits until every gateway has it proven out
  --hurry        moves the stack's clock meanwhile (OpenVPN, which goes by the machine's, does not know)
  --state DIR    the stack's folder (default .sandbox)
Shows each step as it ends. Ends with 0 when the operation has succeeded or waits for a person, else with 1.`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      hurry: { type: 'boolean', default: false },
      state: { type: 'string', default: '.sandbox' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || (positionals.length === 0 && process.stdin.isTTY)) {
    console.log(usage);
  } else {
    const stack = await readRunningStack(resolve(values.state));
    const what = positionals[0] ?? (await text(process.stdin));
    await waitFor(what, { stack, isHurried: values.hurry, say: console.log });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
