// Three projects: `unit` is pure code, `contract` holds the stand-ins to what Azure documents, `e2e` drives a whole stack.
const project = (displayName, folders) => ({
  displayName,
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j|mj)s$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } } }],
  },
  // ES-module-only packages have to be transformed for jest's CommonJS runtime.
  transformIgnorePatterns: ['/node_modules/(?!(jose|croner|asn1js)/)'],
});

/** @type {import('jest').Config} */
export default {
  projects: [
    project('unit', ['unit', 'orchestrations']),
    project('contract', ['contract']),
    project('e2e', ['e2e']),
  ],
};
