/**
 * The VPN emulator as a process of the local stack: a real OpenVPN gateway for each gateway resource, in network
 * namespaces of its own. It reads what is applied from the control API by itself, and ends when its parent ends.
 */
import { once } from 'node:events';
import { fstatSync, mkdirSync } from 'node:fs';
import { z } from 'zod';
import { vpnUnavailableReason } from './availability.ts';
import { startVpnEmulator } from './vpn-emulator.ts';

const standardInput = 0;

const environment = z.object({ SANDBOX_CONTROL_URL: z.url(), SANDBOX_DIR: z.string().min(1) }).parse(process.env);
const unavailable = vpnUnavailableReason();
if (unavailable !== undefined) {
  console.error(`The VPN emulator cannot run: ${unavailable}.`);
  process.exit(1);
}

const stopping = new AbortController();
function requestStop(): void {
  stopping.abort();
}
process.on('SIGTERM', requestStop);
process.on('SIGINT', requestStop);
watchParent();

mkdirSync(environment.SANDBOX_DIR, { recursive: true });
const emulator = await startVpnEmulator({
  controlUrl: environment.SANDBOX_CONTROL_URL,
  directory: environment.SANDBOX_DIR,
});
console.log(JSON.stringify({ ready: true, process: 'vpn', pid: process.pid, internet: emulator.internet }));

if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
await emulator.stop();
process.exit(0);

/** A parent that is killed closes the channel to its child: whichever it gave. /dev/null and a terminal say nothing. */
function watchParent(): void {
  if (process.connected) {
    process.on('disconnect', requestStop);
    return;
  }
  const input = fstatSync(standardInput);
  if (!input.isFIFO() && !input.isSocket()) return;
  process.stdin.on('end', requestStop);
  process.stdin.on('error', requestStop);
  process.stdin.resume();
}
