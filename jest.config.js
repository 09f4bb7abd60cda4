import './jest.compile-cache.js';
import { availableParallelism } from 'node:os';
import { moduleNameMapper, modulePathIgnorePatterns, transform, transformIgnorePatterns } from './jest.transform.js';

// Three projects: `unit` is pure code, `contract` holds the emulators to what Azure documents, `e2e` drives a whole stack.
const project = (displayName, folders, more = {}) => ({
  displayName,
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  testEnvironment: 'node',
  transform,
  transformIgnorePatterns,
  moduleNameMapper,
  modulePathIgnorePatterns,
  ...more,
});
const build = { globalSetup: '<rootDir>/jest.build.cjs' };

/** @type {import('jest').Config} */
export default {
  // Says only that a test hangs: none is about how fast the machine is.
  testTimeout: 120_000,
  maxWorkers: availableParallelism(),
  testSequencer: '<rootDir>/jest.longest-first.cjs',
  projects: [project('unit', ['unit']), project('contract', ['contract'], build), project('e2e', ['e2e'], build)],
};
