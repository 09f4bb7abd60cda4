/**
 * `npm run connect`: connects a real OpenVPN client to a gateway of the local stack with somebody's kit, and says what
 * it saw.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StackError } from './supervisor/stack-error.ts';
import { vpnUnavailableReason } from './vpn/availability.ts';
import { connectClient } from './vpn/client.ts';
import { readKit } from './walkthrough/read-kit.ts';
import { readRunningStack } from './walkthrough/read-stack.ts';
import { whyNotValidYet } from './walkthrough/real-client.ts';
import { waitUntilUp } from './walkthrough/vpn-visit.ts';

const usage = `usage: npm run --silent connect -- [--state DIR] [--ping ADDRESS] [--password FILE] FILE.ovpn
  FILE.ovpn       the kit's profile, with the key beside it under the name that the profile has for it
  --password FILE holds the password of a key that is in the profile itself
  --ping ADDRESS  what to reach through the tunnel (default 10.1.0.4, in the example's network)
  --state DIR     the stack's folder (default .sandbox)
Connects from a network namespace of its own, pings, and leaves. Ends with 0 when it was let in, else with 1.`;
/** Long enough for a machine at which others work: the client itself says much earlier that it is refused. */
const timeoutMs = 300_000;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      ping: { type: 'string', default: '10.1.0.4' },
      password: { type: 'string' },
      state: { type: 'string', default: '.sandbox' },
      help: { type: 'boolean', default: false },
    },
  });
  const [file] = positionals;
  if (values.help) console.log(usage);
  else if (file === undefined) throw new StackError(usage);
  else await connect(resolve(file), { ...values, passwordFile: values.password });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

interface ConnectOptions {
  readonly state: string;
  readonly ping: string;
  readonly passwordFile: string | undefined;
}

async function connect(ovpnFile: string, { state, ping: target, passwordFile }: ConnectOptions): Promise<void> {
  const stackDir = resolve(state);
  const { processes } = await readRunningStack(stackDir);
  const obstacle = vpnUnavailableReason();
  if (obstacle !== undefined) throw new StackError(`No VPN gateway can run here: ${obstacle}`);
  if (processes['vpn'] === undefined) throw new StackError('This stack runs no VPN gateways: npm start -- --with vpn');
  const { fqdn, notBefore } = readKit(ovpnFile, passwordFile);
  const tooEarly = whyNotValidYet(notBefore, new Date());
  if (tooEarly !== undefined) throw new StackError(`not tried: ${tooEarly}`);
  await waitUntilUp({ stackDir, fqdn, ovpnFile }, timeoutMs);
  const client = await connectClient({ stackDir, ovpnFile, fqdn, passwordFile, timeoutMs });
  if (client.outcome === 'refused') throw new StackError(`refused: ${client.reason}`);
  try {
    const answers = await client.ping(target);
    console.log(
      `connected as ${client.address}, ${target} ${answers ? 'answers' : 'does not answer'} through the tunnel`,
    );
    if (!answers) process.exitCode = 1;
  } finally {
    await client.stop();
  }
}
