import fc from 'fast-check';
import { createSerialNumber } from '../../../src/pki/create-serial-number.ts';

describe('src/pki/create-serial-number', () => {
  it('gives 32 digits that are a positive number of full length, whatever the bytes are', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).filter(([first = 0]) => (first & 0x7f) !== 0);
    fc.assert(
      fc.property(bytes, (random) => {
        expect(createSerialNumber(() => random)).toMatch(/^(?!00)[0-7][0-9a-f]{31}$/);
      }),
    );
  });

  it('asks again for a first byte of zero', () => {
    const draws = [Buffer.alloc(16), Buffer.alloc(16, 0x80), Buffer.alloc(16, 0xff)];

    const serialNumber = createSerialNumber(() => draws.shift() ?? Buffer.alloc(16));

    expect(serialNumber).toBe(`7f${'ff'.repeat(15)}`);
  });

  it.each([
    ['gives zeros only', Buffer.alloc(16)],
    ['gives too few bytes', Buffer.alloc(8, 1)],
  ])('refuses a source that %s', (_, random) => {
    expect(() => createSerialNumber(() => random)).toThrow('random source');
  });

  it('leaves the bytes of the source alone', () => {
    const random = Buffer.alloc(16, 0xff);
    createSerialNumber(() => random);
    expect(random[0]).toBe(0xff);
  });
});
