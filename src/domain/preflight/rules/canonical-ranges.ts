import { type AddressFault, parseAddressRange, type RefusedAddress } from '../../address-range.ts';
import type { Problem } from '../problem.ts';
import { sources } from '../sources.ts';
import type { LocatedText, PreflightRule } from '../subject.ts';

const explanations: Readonly<Record<AddressFault, string>> = {
  notDottedDecimal:
    'is not an IPv4 range: four decimal numbers from 0 to 255 with dots between, then "/" and a length.',
  leadingZero: 'has a number with a leading zero, which some programs read as octal and so as another range.',
  ipv6: 'is IPv6; a point-to-site plan takes IPv4 ranges only.',
  surroundingSpace: 'has white space around it.',
  prefixMissing: 'has no prefix length.',
  prefixOutOfRange: 'has a prefix length that is not a number from 0 to 32.',
  hostBitsSet: 'has bits set behind its prefix length, so it names an address inside a range rather than the range.',
};

/** Each range has one spelling, so that Azure, the firewall and the reader mean the same range. */
export const canonicalRanges: PreflightRule = {
  name: 'canonicalRanges',
  check: ({ rangeTexts }) =>
    rangeTexts.flatMap((located) => {
      const parsed = parseAddressRange(located.text);
      return parsed.outcome === 'refused' ? [refusedRange(located, parsed)] : [];
    }),
};

function refusedRange({ path, text }: LocatedText, { fault, suggestion }: RefusedAddress): Problem {
  return {
    path,
    code: 'rangeNotCanonical',
    severity: 'error',
    message: `${JSON.stringify(text)} ${explanations[fault]}`,
    fix:
      suggestion === undefined
        ? 'Write it as for example "10.1.0.0/16".'
        : `Write ${JSON.stringify(suggestion)}, if that is what is meant.`,
    source: sources.cidr,
  };
}
