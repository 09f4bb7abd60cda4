// How every jest run turns TypeScript and ES-module-only packages into what jest's CommonJS runtime loads.
export const transform = {
  '^.+\\.(t|j|mj)s$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } } }],
  '\\.(ps1|sh)$': '<rootDir>/jest.text-transform.cjs',
};
export const transformIgnorePatterns = ['/node_modules/(?!(jose|croner|asn1js|plist)/)'];
/** plist is published for `import` alone, and jest's runtime asks as `require` does. */
export const moduleNameMapper = { '^plist$': '<rootDir>/node_modules/plist/dist/index.js' };
/** The package that the build makes has a name of its own manifest, which is this one's: no test imports from it. */
export const modulePathIgnorePatterns = ['<rootDir>/dist/'];
