#!/bin/bash
# Takes the connection of this kit and its certificates away, the private key with them. Run it as root.
set -euo pipefail

# Settings of this kit.

[ "$(id -u)" = 0 ] || fail "Run it as root: sudo bash $0"
nmcli connection delete uuid "$uuid" || echo 'There was no connection.' >&2
rm -f "/etc/NetworkManager/system-connections/$stem.nmconnection"
rm -rf "$folder"
