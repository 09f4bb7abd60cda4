import { moduleNameMapper, transform, transformIgnorePatterns } from './jest.transform.js';

/**
 * Witness tests need what not every machine has: root, OpenVPN, Azure's published API descriptions. They are asked for by
 * name (`npm run test:witness`), and tools/witness-prerequisites.ts says what is missing; none is ever skipped.
 *
 * @type {import('jest').Config}
 */
export default {
  testMatch: ['<rootDir>/test/witness/**/*.witness.ts'],
  testEnvironment: 'node',
  testTimeout: 120_000,
  transform,
  transformIgnorePatterns,
  moduleNameMapper,
};
