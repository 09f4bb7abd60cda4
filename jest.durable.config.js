import './jest.compile-cache.js';
import witness from './jest.witness.config.js';

/**
 * What takes longer on the real Durable Task extension than the witness tests may: `npm run test:durable`.
 *
 * @type {import('jest').Config}
 */
export default { ...witness, testMatch: ['<rootDir>/test/durable/**/*.durable.ts'], testPathIgnorePatterns: [] };
