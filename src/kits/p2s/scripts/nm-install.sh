#!/bin/bash
# Puts the connection of this kit and its certificates in place. Run it as root.
set -euo pipefail
umask 022

# Settings of this kit.

here=$(cd "$(dirname "$0")" && pwd)
[ "$(id -u)" = 0 ] || fail "Run it as root: sudo bash $0"
for program in nmcli openssl; do
  command -v "$program" >/dev/null || fail "Missing: $program. Debian, Ubuntu: apt-get install network-manager openssl"
done
place_key "$folder/client.key"
for file in "${files[@]}"; do
  install -D -m 0600 "$here/$file" "$folder/$file"
done
install -D -m 0600 "$here/$stem.nmconnection" "/etc/NetworkManager/system-connections/$stem.nmconnection"
nmcli connection reload
echo "Connect: nmcli connection up uuid $uuid"
