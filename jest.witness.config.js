import './jest.compile-cache.js';
import { moduleNameMapper, modulePathIgnorePatterns, transform, transformIgnorePatterns } from './jest.transform.js';
import { findDotnetSuites, isWithoutDotnet } from './tools/dotnet/suites.ts';

/**
 * Witness tests need what not every machine has: root, OpenVPN, Azure's published API descriptions. They are asked for by
 * name (`npm run test:witness`), and tools/witness-prerequisites.ts says what is missing; none is skipped unless WITNESS_WITHOUT=dotnet
 * leaves out those that run programs of .NET.
 *
 * @type {import('jest').Config}
 */
export default {
  testMatch: ['<rootDir>/test/witness/**/*.witness.ts'],
  testPathIgnorePatterns: isWithoutDotnet() ? findDotnetSuites().map((suite) => `<rootDir>/${suite}$`) : [],
  globalSetup: '<rootDir>/jest.build.cjs',
  testEnvironment: 'node',
  testTimeout: 120_000,
  testSequencer: '<rootDir>/jest.longest-first.cjs',
  transform,
  transformIgnorePatterns,
  moduleNameMapper,
  modulePathIgnorePatterns,
};
