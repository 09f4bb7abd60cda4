import ipaddr from 'ipaddr.js';
import { ArmRefusal } from '../arm-refusal.ts';

type Cidr = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Refuses a prefix that is not CIDR, or whose address has bits set behind the prefix length. */
export function checkPrefix(prefix: string, resourceId: string): void {
  const cidr = parse(prefix);
  if (cidr === undefined) {
    const message = `Address prefix string ${prefix} for resource ${resourceId} should follow CIDR notation.`;
    throw new ArmRefusal(400, 'InvalidAddressPrefixFormat', message);
  }
  const canonical = networkOf(cidr);
  if (canonical === prefix) return;
  throw new ArmRefusal(
    400,
    'InvalidCIDRNotation',
    `The address prefix ${prefix} in resource ${resourceId} has an invalid CIDR notation. For the given prefix length, the address prefix should be ${canonical}.`,
  );
}

/** Whether two prefixes share an address. Both must have passed `checkPrefix`. */
export function overlaps(left: string, right: string): boolean {
  const [a, b] = [parse(left), parse(right)];
  if (a === undefined || a[0].kind() !== b?.[0].kind()) return false;
  const length = Math.min(a[1], b[1]);
  return a[0].match([b[0], length] as [ipaddr.IPv4, number]);
}

/** Whether `inner` lies within `outer`. */
export function contains(outer: string, inner: string): boolean {
  const [a, b] = [parse(outer), parse(inner)];
  return a !== undefined && b !== undefined && a[1] <= b[1] && overlaps(outer, inner);
}

/** The length of a prefix that passed `checkPrefix`. */
export function lengthOf(prefix: string): number {
  return parse(prefix)?.[1] ?? 0;
}

/** The `index`-th address of a prefix: 0 is the network itself. */
export function addressAt(prefix: string, index: number): string {
  const cidr = parse(prefix);
  if (cidr === undefined) throw new Error(`${prefix} is not a prefix.`);
  const bytes = cidr[0].toByteArray();
  let carry = index;
  for (let at = bytes.length - 1; at >= 0 && carry > 0; at -= 1) {
    const sum = (bytes[at] ?? 0) + carry;
    bytes[at] = sum % 256;
    carry = Math.floor(sum / 256);
  }
  return ipaddr.fromByteArray(bytes).toString();
}

function parse(prefix: string): Cidr | undefined {
  return ipaddr.isValidCIDR(prefix) ? ipaddr.parseCIDR(prefix) : undefined;
}

function networkOf([address, length]: Cidr): string {
  const kind = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(`${address.toString()}/${length}`).toString()}/${length}`;
}
