import { parseSerialNumber } from '../../../src/domain/serial-number.ts';

describe('src/domain/serial-number', () => {
  it.each(['01000000000000000000000000000000', '7fffffffffffffffffffffffffffffff', '4f3b2a190807060504030201ffeeddcc'])(
    'reads %s',
    (text) => {
      expect(parseSerialNumber(text)).toBe(text);
    },
  );

  it.each([
    ['a negative number', '80000000000000000000000000000000'],
    ['a first byte of zero', '00ffffffffffffffffffffffffffffff'],
    ['upper case', '4F3B2A190807060504030201FFEEDDCC'],
    ['31 digits', '4f3b2a190807060504030201ffeeddc'],
    ['33 digits', '4f3b2a190807060504030201ffeeddccc'],
    ['0x', '0x3b2a190807060504030201ffeeddcc00'],
    ['colons', '4f:3b:2a:19:08:07:06:05:04:03:02'],
    ['a minus sign', '-f3b2a190807060504030201ffeeddcc'],
    ['a line break after it', '4f3b2a190807060504030201ffeeddcc\n'],
  ])('refuses %s', (_, text) => {
    expect(parseSerialNumber(text)).toBeUndefined();
  });
});
