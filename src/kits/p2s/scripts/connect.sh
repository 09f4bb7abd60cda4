#!/bin/bash
# Puts the connection of this kit in place and connects. Run it as root.
set -euo pipefail
umask 022

# Settings of this kit.

here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || fail "Run it as root: sudo bash $0"
for program in swanctl openssl; do
  command -v "$program" >/dev/null ||
    fail "Missing: $program. Debian, Ubuntu: apt-get install charon-systemd strongswan-swanctl libcharon-extra-plugins libcharon-extauth-plugins openssl"
done

place_key "/etc/swanctl/private/$name.key"
install -D -m 0644 "$here/$stem.crt" "/etc/swanctl/x509/$name.crt"
install -D -m 0644 "$here/VpnServerRoot.crt" "/etc/swanctl/x509ca/$name-server.crt"
install -D -m 0600 "$here/swanctl.conf" "/etc/swanctl/conf.d/$name.conf"
swanctl --load-all >/dev/null || fail 'strongSwan does not run: systemctl start strongswan'
swanctl --initiate --child "$name" --timeout 30 >/dev/null ||
  fail 'No connection: UDP 500 or 4500 is blocked on the way, the certificate is revoked or expired, or the gateway no longer trusts its root. bash check.sh says more.'
echo "Connected to $connection. End it with disconnect.sh."
