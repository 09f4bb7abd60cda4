import js from '@eslint/js';
import importSort from 'eslint-plugin-simple-import-sort';
import tseslint from 'typescript-eslint';

// Orchestrations are replayed from history, and domain code is called from them: a value that differs between two runs of
// the same code breaks the replay. Clock, randomness, environment and I/O therefore come in as arguments or as activities.
const nonDeterministicGlobals = [
  'process',
  'fetch',
  'crypto',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
].map((name) => ({
  name,
  message: 'Replayed code must be deterministic: take the value from an activity or the context.',
}));

const nonDeterministicSyntax = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Use context.df.currentUtcDateTime.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Use context.df.currentUtcDateTime.' },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: 'Use an activity or newGuid.' },
];

const nodeBuiltins = {
  patterns: [{ regex: '^node:(?!assert)', message: 'No I/O in replayed code: Node built-ins belong in activities.' }],
};

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'coverage/', '.sandbox/'] },
  js.configs.recommended,
  {
    plugins: { 'import-sort': importSort },
    rules: {
      // One block: what is imported for its effect (others need it first), Node's own, packages, the project's own.
      'import-sort/imports': [
        'error',
        { groups: [[String.raw`^\u0000`, '^node:', String.raw`^@?\w`, String.raw`^\.\.`, String.raw`^\.`]] },
      ],
      'import-sort/exports': 'error',
      // Without braces only on one line, where nothing can be added by mistake.
      curly: ['error', 'multi-line', 'consistent'],
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Index access on records is written `record['key']`, as noPropertyAccessFromIndexSignature wants it.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/ban-ts-comment': ['error', { minimumDescriptionLength: 10 }],
      'func-style': ['error', 'declaration', { allowArrowFunctions: true }],
      // Leaving a property out by rest is how records lose a field here.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
      ],
    },
  },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['src/orchestrations/**/*.ts', 'src/domain/**/*.ts', 'src/contracts/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...nonDeterministicGlobals],
      'no-restricted-syntax': ['error', ...nonDeterministicSyntax],
      'no-restricted-imports': ['error', nodeBuiltins],
    },
  },
  {
    files: ['src/orchestrations/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...nonDeterministicSyntax,
        {
          selector: ':function[async=true]',
          message: 'Orchestrations are generators: yield tasks, do not await promises.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name=/^toMatch(Inline)?Snapshot$/]',
          message: 'Say what is expected.',
        },
        {
          selector: 'MemberExpression[object.name=/^(it|test|describe)$/][property.name=/^(only|skip|todo)$/]',
          message: 'No focused, skipped or empty tests.',
        },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: { globals: { module: 'writable', require: 'readonly', process: 'readonly' } },
  },
);
