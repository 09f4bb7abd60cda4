#!/bin/bash
# Ends the connection of this kit. With --remove, what connect.sh put in place goes too, the private key with it. Run it as root.
set -euo pipefail

# Settings of this kit.

[ "$(id -u)" = 0 ] || fail "Run it as root: sudo bash $0"
swanctl --terminate --ike "$name" >/dev/null 2>&1 || true
if [ "${1:-}" = --remove ]; then
  rm -f "/etc/swanctl/conf.d/$name.conf" "/etc/swanctl/private/$name.key" "/etc/swanctl/x509/$name.crt" \
    "/etc/swanctl/x509ca/$name-server.crt"
  swanctl --load-all >/dev/null || true
fi
echo 'Disconnected.'
