import fc from 'fast-check';
import {
  addressCount,
  type AddressRange,
  compareRanges,
  contains,
  findFreeRange,
  isPrivate,
  overlaps,
  parseAddress,
  parseAddressRange,
  purposesTouched,
} from '../../../src/domain/address-range.ts';

function range(text: string): AddressRange {
  const parsed = parseAddressRange(text);
  if (parsed.outcome === 'refused') throw new Error(`${text} is refused: ${parsed.fault}`);
  return parsed.range;
}

// Any canonical range, built from its number rather than by the code under test.
const anyRange = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }))
  .map(([any, length]) => {
    const size = 2 ** (32 - length);
    const first = any - (any % size);
    const octets = [16777216, 65536, 256, 1].map((unit) => Math.floor(first / unit) % 256);
    return range(`${octets.join('.')}/${length}`);
  });

function last(of: AddressRange): number {
  return of.first + addressCount(of) - 1;
}

describe('src/domain/address-range', () => {
  it.each([
    ['10.1.0.0/16', 167837696, 16, 65536],
    ['0.0.0.0/0', 0, 0, 4294967296],
    ['255.255.255.255/32', 4294967295, 32, 1],
    ['172.16.201.0/24', 2886781184, 24, 256],
  ])('reads %s', (text, first, prefixLength, count) => {
    expect(range(text)).toEqual({ cidr: text, first, prefixLength });
    expect(addressCount(range(text))).toBe(count);
  });

  it.each([
    ['', 'notDottedDecimal', undefined],
    ['/', 'notDottedDecimal', undefined],
    ['10.0.0.0', 'prefixMissing', '10.0.0.0/32'],
    ['10.0.0.0/', 'prefixOutOfRange', undefined],
    ['10.0.0.0/33', 'prefixOutOfRange', undefined],
    ['10.0.0.0/-1', 'prefixOutOfRange', undefined],
    ['10.0.0.0/+8', 'prefixOutOfRange', undefined],
    ['10.0.0.0/8/8', 'prefixOutOfRange', undefined],
    ['10.0.0.0/255.0.0.0', 'prefixOutOfRange', undefined],
    ['10.0.0.0/99999999999999999999', 'prefixOutOfRange', undefined],
    ['010.0.0.0/8', 'leadingZero', '10.0.0.0/8'],
    ['10.0.0.0/08', 'leadingZero', '10.0.0.0/8'],
    ['10.1.2.3/24', 'hostBitsSet', '10.1.2.0/24'],
    ['10.1.2.3/0', 'hostBitsSet', '0.0.0.0/0'],
    [' 10.0.0.0/8', 'surroundingSpace', '10.0.0.0/8'],
    ['10.0.0.0/8\n', 'surroundingSpace', '10.0.0.0/8'],
    ['10.0.0.0 /8', 'surroundingSpace', '10.0.0.0/8'],
    ['10.0.0.0/ 8', 'prefixOutOfRange', undefined],
    ['0x0a.0.0.0/8', 'notDottedDecimal', undefined],
    ['10.0/16', 'notDottedDecimal', undefined],
    ['167772160/8', 'notDottedDecimal', undefined],
    ['256.0.0.0/8', 'notDottedDecimal', undefined],
    ['10.0.0.0.0/8', 'notDottedDecimal', undefined],
    ['１0.0.0.0/8', 'notDottedDecimal', undefined],
    ['fd00::/8', 'ipv6', undefined],
    ['::ffff:10.0.0.0/104', 'ipv6', undefined],
    ['::/0', 'ipv6', undefined],
  ])('refuses %j as %s', (text, fault, suggestion) => {
    expect(parseAddressRange(text)).toEqual({
      outcome: 'refused',
      fault,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  });

  it.each(['10.2.1.4/32', '10.2.1', '010.2.1.4', ' 10.2.1.4', '::1', 'dns.example.org', ''])(
    'refuses %j as an address',
    (text) => {
      expect(parseAddress(text).outcome).toBe('refused');
    },
  );

  it.each([
    ['10.0.0.0/8', true],
    ['10.0.0.0/7', false],
    ['172.16.0.0/12', true],
    ['172.32.0.0/24', false],
    ['192.168.255.0/24', true],
    ['100.64.0.0/10', false],
    ['0.0.0.0/0', false],
  ])('says whether all of %s is private: %s', (text, expected) => {
    expect(isPrivate(range(text))).toBe(expected);
  });

  it.each([
    ['100.100.0.0/16', ['carrierGradeNat']],
    ['239.0.0.0/8', ['multicast']],
    ['127.0.0.1/32', ['loopback']],
    ['169.254.1.0/24', ['linkLocal']],
    ['168.63.129.0/24', ['azurePlatform']],
    ['8.8.8.0/24', []],
  ])('names what %s is reserved for', (text, expected) => {
    expect(purposesTouched(range(text))).toEqual(expected);
  });

  it('finds a range that is inside the space, free, and as high as there is', () => {
    const taken = [range('10.1.255.224/27'), range('10.1.255.192/27'), range('10.1.0.0/24')];

    expect(findFreeRange([range('10.1.0.0/16')], taken, 27)?.cidr).toBe('10.1.255.160/27');
  });

  it.each([
    ['a space that is full', ['10.1.0.0/24'], ['10.1.0.0/25', '10.1.0.128/25']],
    ['a space that is smaller than what is wanted', ['10.1.0.0/28'], []],
    ['a space inside a wider range that is taken', ['10.1.0.0/24'], ['10.0.0.0/8']],
    ['no space', [], []],
  ])('finds no free range in %s', (_, space, taken) => {
    expect(findFreeRange(space.map(range), taken.map(range), 27)).toBeUndefined();
  });

  it('goes on to the next range of the space when the first is full', () => {
    expect(findFreeRange([range('10.1.0.0/27'), range('10.2.0.0/26')], [range('10.1.0.0/27')], 27)?.cidr).toBe(
      '10.2.0.32/27',
    );
  });

  it('finds ranges that are free and inside, whatever is taken', () => {
    fc.assert(
      fc.property(
        anyRange,
        fc.array(anyRange, { maxLength: 8 }),
        fc.integer({ min: 8, max: 32 }),
        (space, taken, length) => {
          const found = findFreeRange([space], taken, length);

          if (found === undefined) return;
          expect(contains(space, found)).toBe(true);
          expect(taken.some((other) => overlaps(other, found))).toBe(false);
        },
      ),
    );
  });

  it('reads back every range it writes', () => {
    fc.assert(
      fc.property(anyRange, (any) => {
        expect(range(any.cidr)).toEqual(any);
      }),
    );
  });

  it('agrees with arithmetic on first and last address about containing and overlapping', () => {
    fc.assert(
      fc.property(anyRange, anyRange, (a, b) => {
        expect(contains(a, b)).toBe(a.first <= b.first && last(b) <= last(a));
        expect(overlaps(a, b)).toBe(a.first <= last(b) && b.first <= last(a));
        expect(overlaps(a, b)).toBe(overlaps(b, a));
      }),
    );
  });

  it('orders ranges so that only equal ones compare as equal', () => {
    fc.assert(
      fc.property(anyRange, anyRange, (a, b) => {
        expect(Math.sign(compareRanges(a, b)) + Math.sign(compareRanges(b, a))).toBe(0);
        expect(compareRanges(a, b) === 0).toBe(a.cidr === b.cidr);
      }),
    );
  });

  it('never throws on any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('0', '1', '2', '5', '9', '.', '/', ':', ' ', 'x') })),
        (text) => {
          const parsed = parseAddressRange(text);

          if (parsed.outcome === 'parsed') expect(parsed.range.cidr).toBe(text);
        },
      ),
    );
  });
});
