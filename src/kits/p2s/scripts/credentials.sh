fail() {
  echo "$1" >&2
  exit 1
}

# place_key <file>: the private key as PEM, from beside this script or out of the kit's .pfx. It has to be the certificate's: one
# that was placed before stays until the new one has proven itself.
place_key() {
  local fresh=$1.new
  if [ -n "$key_file" ]; then
    [ -f "$here/$key_file" ] ||
      fail "The private key is missing: put the one that the certificate was asked for with beside this script, as $key_file (PEM)."
    (umask 077 && mkdir -p "$(dirname "$1")" && cat "$here/$key_file" >"$fresh")
  elif [ -n "$pfx_password" ]; then
    (umask 077 && mkdir -p "$(dirname "$1")" && PFX_PASSWORD=$pfx_password openssl pkcs12 -in "$here/$stem.pfx" -nocerts -nodes -passin env:PFX_PASSWORD -out "$fresh") ||
      fail "$stem.pfx does not open: ask for a new kit."
  else
    echo "Type the password of $stem.pfx."
    (umask 077 && mkdir -p "$(dirname "$1")" && openssl pkcs12 -in "$here/$stem.pfx" -nocerts -nodes -out "$fresh") ||
      fail "$stem.pfx does not open: wrong password."
  fi
  if [ "$(openssl pkey -in "$fresh" -pubout 2>/dev/null)" != "$(openssl x509 -in "$here/$stem.crt" -noout -pubkey)" ]; then
    rm -f "$fresh"
    fail "The private key is not the one of the certificate $stem.crt."
  fi
  mv -f "$fresh" "$1"
}
