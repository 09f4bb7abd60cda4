#!/bin/bash
# Connects to the VPN of this kit. Run it as root; it asks for the password.
set -euo pipefail
umask 077

# Settings of this kit.

here=$(cd "$(dirname "$0")" && pwd)

fail() {
  echo "$1" >&2
  exit 1
}

# wait_for <seconds> <command...>: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

link_is_up() {
  interface=$(sed -n 2p "/run/ppp-$name.pid" 2>/dev/null) && [ -n "$interface" ] &&
    ip -4 address show dev "$interface" | grep -q 'inet '
}

[ "$(id -u)" = 0 ] || fail "Run it as root: sudo $0"
for program in swanctl xl2tpd pppd ip; do
  command -v "$program" >/dev/null ||
    fail "Missing: $program. Debian, Ubuntu: apt-get install charon-systemd strongswan-swanctl xl2tpd ppp iproute2"
done
[ ! -e "$run" ] || fail 'It is connected, or something is left of an earlier connection: run disconnect.sh first.'
IFS= read -r -s -p "Password of $user: " password
echo

finish() {
  local code=$?
  rm -f "$run/options"
  [ "$code" = 0 ] || bash "$here/disconnect.sh" >/dev/null 2>&1 || true
  exit "$code"
}
trap finish EXIT
mkdir -m 0700 "$run"
{
  cat "$here/options.ppp"
  printf 'password "%s"\n' "$(printf '%s' "$password" | sed 's/[\\"]/\\&/g')"
} >"$run/options"
unset password

install -D -m 0644 "$here/CA.crt" "/usr/local/share/ca-certificates/$name.crt"
update-ca-certificates >/dev/null
install -D -m 0600 "$here/swanctl.conf" "/etc/swanctl/conf.d/$name.conf"
swanctl --load-all >/dev/null || fail 'strongSwan does not run: systemctl start strongswan'
swanctl --initiate --child "$name" --timeout 30 >/dev/null ||
  fail 'No IPsec connection: UDP 500 or 4500 is blocked on the way, or the shared key was changed since this kit was made.'

# The tunnel must not be led through itself.
address=$(getent ahostsv4 "$server" | awk 'NR == 1 { print $1 }') || fail "The name $server cannot be resolved."
way=$(ip -4 -o route get "$address" | grep -oE '(via [0-9.]+ )?dev [^ ]+') || fail "No route leads to $server."
read -r -a words <<<"$way"
# A route of that kind from before is not ours to remove.
if ip -4 route add "$address/32" "${words[@]}" 2>/dev/null; then
  echo "$address/32" >"$run/server-route"
fi

xl2tpd -c "$here/xl2tpd.conf" -C "$run/l2tp-control" -p "$run/xl2tpd.pid"
wait_for 10 test -p "$run/l2tp-control" ||
  fail 'xl2tpd did not start. Where the system runs its own it holds UDP 1701: systemctl disable --now xl2tpd'
echo "c $name" >"$run/l2tp-control"
wait_for 60 link_is_up || fail 'No link: wrong password, or the server lets this user in no more.'

for prefix in "${prefixes[@]}"; do
  ip -4 route replace "$prefix" dev "$interface" metric 2
done
if [ "${#dns_servers[@]}" -gt 0 ]; then
  { resolvectl dns "$interface" "${dns_servers[@]}" && resolvectl domain "$interface" "$dns_suffix"; } 2>/dev/null ||
    echo "Without systemd-resolved, name the servers yourself: ${dns_servers[*]}" >&2
fi
echo "Connected by $interface: https://$portal. End it with disconnect.sh."
