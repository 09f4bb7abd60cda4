#!/bin/bash
# Checks the VPN of this kit, best while it is connected. Changes nothing and needs no administrator. Each line passes or fails,
# and says what to do. Ends with 0 if all passed, else with 1. For Linux and macOS.

# Settings of this kit.

here=$(cd "$(dirname "$0")" && pwd)
system=$(uname)
failures=0

pass() {
  echo "pass  $1"
}

bad() {
  echo "fail  $1"
  echo "      $2"
  failures=$((failures + 1))
}

# to_number <address>: an IPv4 address as a number, to compare by.
to_number() {
  local a b c d
  IFS=. read -r a b c d <<<"$1"
  echo $(((a << 24) + (b << 16) + (c << 8) + d))
}

# overlap <prefix> <prefix>: whether two IPv4 prefixes have an address in common.
overlap() {
  local one=${1#*/} two=${2#*/} shorter
  shorter=$((one < two ? one : two))
  [ "$shorter" = 0 ] && return 0
  [ $(($(to_number "${1%/*}") >> (32 - shorter))) = $(($(to_number "${2%/*}") >> (32 - shorter))) ]
}

in_pool() {
  local prefix
  for prefix in "${pool[@]}"; do
    overlap "$1/32" "$prefix" && return 0
  done
  return 1
}

# interface, address and prefix length of every IPv4 address of this machine, one a line.
list_addresses() {
  if [ "$system" = Darwin ]; then
    ifconfig | awk '
      function bits(mask,  i, n) { n = 0; for (i = 3; i <= length(mask); i++) n += (index("08cef", substr(mask, i, 1)) - 1); return n }
      /^[a-z]/ { name = $1; sub(":", "", name) }
      /inet / { for (i = 1; i < NF; i++) if ($i == "netmask") print name, $2, bits($(i + 1)) }'
  else
    ip -4 -o address show | awk '{ split($4, part, "/"); print $2, part[1], (part[2] == "" ? 32 : part[2]) }'
  fi
}

is_tunnel() {
  case $1 in tun* | utun* | ppp* | ipsec* | nm-xfrm* | xfrm*) return 0 ;; esac
  return 1
}

check_address() {
  local interface address length found='' strange=''
  while read -r interface address length; do
    if is_tunnel "$interface" || [ "$length" = 32 ]; then
      if in_pool "$address"; then found=$address; elif is_tunnel "$interface"; then strange=$address; fi
    fi
  done < <(list_addresses)
  if [ -n "$found" ]; then
    pass "This machine has the address $found of the VPN's pool."
  elif [ -n "$strange" ]; then
    bad "The tunnel has the address $strange, which is not of the VPN's pool ${pool[*]}." \
      'Another VPN is connected, or the gateway has another pool by now: ask for a new kit.'
  else
    bad 'The VPN is not connected.' 'Connect first, then check again.'
  fi
}

check_overlap() {
  local interface address length prefix hit=''
  while read -r interface address length; do
    if is_tunnel "$interface" || [ "$interface" = lo ] || [ "$interface" = lo0 ] || [ "$length" = 32 ]; then continue; fi
    for prefix in "${routes[@]}" "${pool[@]}"; do
      if overlap "$address/$length" "$prefix"; then hit="$interface $address/$length $prefix"; fi
    done
  done < <(list_addresses)
  if [ -z "$hit" ]; then
    pass 'The local network overlaps neither the virtual network nor the pool.'
  else
    read -r interface address prefix <<<"$hit"
    bad "The local network $address ($interface) overlaps $prefix behind the VPN: what is meant for there stays here." \
      'Use another network (a phone shares one), or give the local network another range in its router.'
  fi
}

check_certificate() {
  local file="$here/$stem.crt" purposes end
  if ! command -v openssl >/dev/null; then
    bad 'The certificate was not looked at: openssl is missing.' 'Install openssl and check again.'
    return
  fi
  if [ ! -f "$file" ]; then
    bad "The certificate $stem.crt is not beside this script." 'Unpack the whole kit into one folder.'
    return
  fi
  end=$(openssl x509 -in "$file" -noout -enddate | sed 's/notAfter=//')
  if openssl x509 -in "$file" -noout -checkend 0 >/dev/null; then
    pass "The certificate is valid until $end."
  else
    bad "The certificate expired on $end." 'Ask for a renewed one.'
  fi
  purposes=$(openssl x509 -in "$file" -noout -text | sed -n '/Extended Key Usage/{n;s/^ *//p;}')
  case $purposes in
    'TLS Web Client Authentication'*) pass 'Client authentication is the first purpose of the certificate.' ;;
    *) bad "The first purpose of the certificate is not client authentication, but: ${purposes:-none}." \
      'Have it issued again; from an enterprise CA by the template User, where client authentication stands first.' ;;
  esac
  if openssl verify -CAfile "$here/chain.crt" -purpose sslclient -no_check_time "$file" >/dev/null 2>&1; then
    pass 'The certificate leads to the root that the gateway trusts.'
  else
    bad 'The certificate does not lead to the root in chain.crt.' 'The files are of different kits: unpack one kit into an empty folder.'
  fi
}

# The gateway proves itself by a root that macOS keeps in its keychains; on Linux the kit names its file.
check_server_root() {
  [ "$system" = Darwin ] || return 0
  if [ -n "$server_root" ] && security find-certificate -a -Z 2>/dev/null | grep -q "SHA-1 hash: $server_root"; then
    pass "The gateway's root certificate is in the keychain."
  else
    bad "The gateway's root certificate is not in the keychain." 'Install the .mobileconfig of this kit again.'
  fi
  if [ "$sku" = Basic ]; then
    bad 'The gateway has the SKU Basic, which does not serve Macs.' 'The administrator has to build it with VpnGw1AZ or higher.'
  fi
}

check_dns() {
  local server known
  [ -n "${dns_servers[*]}" ] || return 0
  if [ "$system" = Darwin ]; then
    known=$(scutil --dns 2>/dev/null)
  else
    known=$(cat /etc/resolv.conf 2>/dev/null; resolvectl dns 2>/dev/null)
  fi
  for server in "${dns_servers[@]}"; do
    if grep -qwF "$server" <<<"$known"; then
      pass "This machine asks the network's DNS server $server."
    else
      bad "This machine does not ask the network's DNS server $server." \
        "Connect first. If it stays so, the package is older than the change of DNS servers: ask for a new kit and install it."
    fi
  done
}

check_probe() {
  local pid tries=0
  [ -n "$probe_address" ] || return 0
  (: <"/dev/tcp/$probe_address/$probe_port") 2>/dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  if kill "$pid" 2>/dev/null; then
    bad "Nothing answered at $probe_address, port $probe_port, within 5 seconds." \
      'The VPN is not connected, or a rule of the network (NSG, firewall) forbids it: ask the administrator.'
  elif wait "$pid"; then
    pass "$probe_address, port $probe_port, answers."
  else
    bad "$probe_address, port $probe_port, refuses or cannot be reached." \
      'Connect first. If it stays so, nothing listens there, or no route leads there.'
  fi
}

check_address
check_overlap
check_certificate
check_server_root
check_dns
check_probe
[ "$failures" = 0 ]
