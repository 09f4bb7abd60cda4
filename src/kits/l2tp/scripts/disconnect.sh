#!/bin/bash
# Ends the VPN connection of this kit. With --remove, what connect.sh put in place goes too. Run it as root.
set -euo pipefail

# Settings of this kit.

[ "$(id -u)" = 0 ] || { echo "Run it as root: sudo $0" >&2; exit 1; }

# The number in the file may be another program's by now.
pid=$(cat "$run/xl2tpd.pid" 2>/dev/null || true)
if [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null || true)" = xl2tpd ]; then
  kill "$pid"
fi
swanctl --terminate --ike "$name" >/dev/null 2>&1 || true
if [ -s "$run/server-route" ]; then
  ip -4 route delete "$(cat "$run/server-route")" || true
fi
rm -rf "$run"

if [ "${1:-}" = --remove ]; then
  rm -f "/etc/swanctl/conf.d/$name.conf" "/usr/local/share/ca-certificates/$name.crt"
  swanctl --load-all >/dev/null || true
  update-ca-certificates --fresh >/dev/null
fi
echo "Disconnected."
