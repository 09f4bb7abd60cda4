#!/bin/bash
# Checks the VPN of this kit while it is connected: the address that it gave, the portal, and the certificate behind it.
# Changes nothing. Ends with 0 if all is in order, else with 1.
set -uo pipefail

# Settings of this kit.

failures=0

good() {
  echo "ok      $1"
}

bad() {
  echo "failed  $1"
  failures=$((failures + 1))
}

# to_number <address>: an IPv4 address as a number, to compare by.
to_number() {
  local parts
  IFS=. read -r -a parts <<<"$1"
  echo $(((parts[0] << 24) + (parts[1] << 16) + (parts[2] << 8) + parts[3]))
}

# The address that the VPN gave this machine; nothing while it is not connected.
vpn_address() {
  local interface
  if [ -n "$uuid" ]; then
    nmcli -g IP4.ADDRESS connection show uuid "$uuid" 2>/dev/null | sed -n '1s#/.*##p'
  else
    interface=$(sed -n 2p "/run/ppp-$name.pid" 2>/dev/null) && [ -n "$interface" ] &&
      ip -4 -o address show dev "$interface" 2>/dev/null | sed -n '1s/.*inet \([0-9.]*\).*/\1/p'
  fi
}

address=$(vpn_address)
if [[ ! $address =~ ^[0-9]+(\.[0-9]+){3}$ ]]; then
  bad 'The VPN is not connected.'
elif [ "$(to_number "$address")" -lt "$(to_number "$range_from")" ] || [ "$(to_number "$address")" -gt "$(to_number "$range_to")" ]; then
  bad "This machine has the address $address, which is not of the VPN's range $range_from to $range_to."
else
  good "This machine has the address $address of the VPN."
fi

if ! command -v curl >/dev/null; then
  bad 'The portal was not looked at: curl is missing.'
else
  code=0
  said=$(curl --silent --show-error --max-time 30 --output /dev/null --write-out '%{http_code}' "https://$portal/" 2>&1) || code=$?
  # The status stands at the end, what went wrong in the first line.
  status=${said: -3}
  reason=${said%%$'\n'*}
  case $code in
    0)
      good "The certificate of $portal is trusted."
      if [ "$status" -lt 500 ]; then good "The portal opens: https://$portal"; else bad "The portal answers $status."; fi
      ;;
    6) bad "The name $portal cannot be resolved: this machine does not ask the stack's DNS server." ;;
    7 | 28) bad "Nothing answers at $portal: the VPN is not connected, or does not lead there." ;;
    60) bad "The certificate of $portal is not accepted by this machine. Not trusted: CA.crt is not in place, or the portal has another issuer. $reason" ;;
    *) bad "The portal does not open: curl ended with $code." ;;
  esac
fi

[ "$failures" = 0 ]
