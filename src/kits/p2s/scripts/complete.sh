#!/bin/bash
# Puts certificate and private key into the profile of this kit, which makes a file that opens by itself. Needs no administrator.
set -euo pipefail
umask 077

# Settings of this kit.

here=$(cd "$(dirname "$0")" && pwd)
command -v openssl >/dev/null || fail 'Missing: openssl.'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
place_key "$work/client.key"
{
  cat "$here/$stem.ovpn"
  echo '<cert>'
  openssl x509 -in "$here/$stem.crt"
  echo '</cert>'
  echo '<key>'
  openssl pkey -in "$work/client.key"
  echo '</key>'
} >"$work/complete.ovpn"
mv "$work/complete.ovpn" "$here/$stem-with-key.ovpn"
echo "Import $stem-with-key.ovpn, the profile of $connection. It holds your private key: keep it to yourself."
