import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// `c <name>` on its pipe connects, as in the real one: the interface is up as soon as pppd has written it to its file.
const xl2tpd = String.raw`
while getopts c:C:p: option; do
  case $option in c) conf=$OPTARG ;; C) control=$OPTARG ;; p) pid=$OPTARG ;; esac
done
cat "$(sed -n 's/^pppoptfile = //p' "$conf")" >"$log.options"
(
  mkfifo "$control"
  exec >/dev/null 2>&1 </dev/null
  while read -r letter name <"$control"; do
    [ "$letter" = c ] && [ "$REFUSES" = no ] && printf '%s\nppp0\n' "$$" >"/run/ppp-$name.pid"
  done
) &
echo "$!" >"$pid"
`;

const ip = String.raw`
case "$*" in
  *'route get'*) echo '203.0.113.5 via 10.0.0.1 dev eth0 src 10.0.0.9 uid 0 \    cache' ;;
  *'address show'*) echo '    inet 192.168.200.202 peer 192.168.200.201/32 scope global ppp0' ;;
esac
`;

// The private machine has no address, and getent resolves for machines that have one.
const getent = `echo '203.0.113.5 STREAM'`;

const programs = { getent, swanctl: '', pppd: '', 'update-ca-certificates': '', resolvectl: '', ip, xl2tpd };

/**
 * Puts emulators for the programs that need a kernel with PPP and IPsec into a folder for PATH. Each notes how it was
 * called in calls.log beside them; xl2tpd also keeps the options that it was to give pppd, and connects unless REFUSES
 * is `yes`.
 */
export function writeStubPrograms(folder: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const log = join(folder, 'calls.log');
  for (const [name, body] of Object.entries(programs)) {
    const file = join(bin, name);
    writeFileSync(file, `#!/bin/bash\nlog='${log}'\necho "${name} $*" >>"$log"\n${body}`);
    chmodSync(file, 0o755);
  }
  return bin;
}
