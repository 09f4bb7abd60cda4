import ipaddr from 'ipaddr.js';
import type { Problem } from './app-error.ts';

interface VpnRange {
  readonly from: string;
  readonly to: string;
}

function toNumber(address: string): number {
  return ipaddr.IPv4.parse(address)
    .toByteArray()
    .reduce((number, byte) => number * 256 + byte, 0);
}

/** How many addresses a range has; less than one when it runs backwards. */
function addressCount({ from, to }: VpnRange): number {
  return toNumber(to) - toNumber(from) + 1;
}

/** What is wrong with a range of client addresses beside the server's own address. Empty when nothing is. */
export function rangeProblems(range: VpnRange, internalAddress: string): readonly Problem[] {
  const path = '/addressRange';
  const count = addressCount(range);
  if (count < 2) {
    const message = `${range.from} to ${range.to} are not two addresses or more.`;
    return [
      {
        path,
        code: 'rangeTooSmall',
        message,
        fix: 'The server keeps the first address: send at least two, the lower one first.',
      },
    ];
  }
  const own = toNumber(internalAddress);
  const isWithin = own >= toNumber(range.from) && own <= toNumber(range.to);
  const isNear = [range.from, range.to].every(
    (address) => Math.floor(toNumber(address) / 256) === Math.floor(own / 256),
  );
  return [
    ...(isWithin
      ? [
          {
            path,
            code: 'rangeHoldsServer' as const,
            message: `The range holds the server's own address ${internalAddress}.`,
            fix: 'Leave that address out.',
          },
        ]
      : []),
    ...(isNear
      ? []
      : [
          {
            path,
            code: 'rangeElsewhere' as const,
            message: `The range is not in the network of ${internalAddress}.`,
            fix: 'Use addresses that share its first three numbers.',
          },
        ]),
  ];
}

/**
 * Told, and not refused: the server keeps one address for itself, so that many can be connected at once and no more.
 */
export function rangeWarnings(range: VpnRange, userCount: number): readonly Problem[] {
  const clients = addressCount(range) - 1;
  if (userCount <= clients) return [];
  return [
    {
      path: '/addressRange',
      code: 'moreUsersThanAddresses',
      message: `${userCount} users share ${clients} addresses: not all of them can be connected at once.`,
      fix: 'Widen the range, or accept it.',
    },
  ];
}
