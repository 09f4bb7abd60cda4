// The folders of docs/architecture.md as rules. Each comment says what a breach would mean: a rule that nobody can explain is a
// rule that somebody will loosen.

// What each folder of src may import from src, itself left out.
const folders = {
  domain: {
    from: [],
    breach:
      'Decisions are pure: what they would import here could read a clock, a table or Azure behind the caller’s back.',
  },
  contracts: {
    from: ['domain'],
    breach: 'Shapes in the history of orchestrations would change with the code of whoever uses them.',
  },
  orchestrations: {
    from: ['domain', 'contracts'],
    breach: 'I/O would come into code that is replayed: the replay would do it again or see another answer.',
  },
  activities: {
    from: ['domain', 'contracts', 'pki', 'services', 'stores', 'ports', 'onprem'],
    breach: 'A step would know Azure’s clients or the way in, and could no longer be tried against other ones.',
  },
  services: {
    from: ['domain', 'contracts', 'stores', 'ports', 'pki', 'kits', 'onprem'],
    breach: 'A use case would depend on how it is called or on whose cloud it runs.',
  },
  stores: {
    from: ['domain', 'ports'],
    breach: 'A table would know the use case that fills it, and no other could read it.',
  },
  ports: {
    from: ['domain'],
    breach: 'What the application asks of the outside would be written in the outside’s words.',
  },
  azure: {
    from: ['ports', 'domain', 'tracing'],
    breach: 'A client of Azure would know the use case that it serves, and Azure’s words would spread from there.',
  },
  functions: {
    from: ['domain', 'contracts', 'services', 'stores', 'ports', 'tracing'],
    breach: 'A route would do the work of a use case, where no other route and no timer can find it.',
  },
  pki: {
    from: ['domain'],
    breach: 'Certificates would be made differently for one use case than for another.',
  },
  kits: {
    from: ['domain'],
    breach: 'Client files are text made from values; with more at hand they could hold what must not leave.',
  },
  onprem: {
    from: ['domain', 'contracts'],
    breach:
      'Scripts are fixed text and data: with more at hand, something of a request could become code on a machine.',
  },
  remote: {
    from: ['ports', 'domain', 'onprem'],
    breach:
      'A way to reach machines would know the procedure that it serves, and another way would not fit in its place.',
  },
  tracing: {
    from: ['version.ts'],
    breach: 'A span would be made of what a use case knows, and take it out of the service with it.',
  },
  config: {
    from: [],
    breach: 'Reading the environment would depend on code that runs before the environment is checked.',
  },
};

// The nouns are the same in every layer. What each may import from its own layer, itself left out: whoever climbs here makes
// two workflows one, which nobody can read or change alone any more.
const nouns = {
  contracts: { gateways: ['operations'], certificates: ['operations'], 'on-premises': ['operations'], operations: [] },
  orchestrations: {
    gateways: ['operations'],
    certificates: ['operations'],
    'on-premises': ['operations'],
    operations: [],
  },
  activities: { gateways: [], certificates: [], 'on-premises': [], operations: [] },
  services: {
    gateways: ['certificates', 'operations', 'requests'],
    certificates: ['operations', 'requests'],
    'on-premises': ['operations', 'requests'],
    operations: ['requests'],
    requests: [],
  },
  functions: {
    gateways: ['http'],
    certificates: ['http'],
    'on-premises': ['http'],
    operations: ['http'],
    requests: ['http'],
    timers: ['http'],
    http: [],
  },
};

// Packages that may be in the bundle, and the only folders (or files directly in src) that may name them.
const packages = [
  {
    name: 'zod',
    folders: [
      'domain',
      'contracts',
      'services',
      'stores',
      'ports',
      'azure',
      'functions',
      'pki',
      'kits',
      'config',
      'onprem',
      'remote',
    ],
  },
  { name: 'ipaddr.js', folders: ['domain', 'kits'] },
  { name: 'durable-functions', folders: ['orchestrations', 'contracts', 'functions', 'composition', 'main.ts'] },
  { name: '@azure/functions', folders: ['functions', 'composition', 'tracing', 'main.ts'] },
  { name: '@azure/identity', folders: ['main.ts'] },
  { name: '@azure/arm-network', folders: ['azure'] },
  { name: '@azure/core-auth', folders: ['azure', 'composition'] },
  { name: '@azure/core-rest-pipeline', folders: ['azure'] },
  { name: '@azure/data-tables', folders: ['azure'] },
  { name: '@azure/storage-blob', folders: ['azure'] },
  { name: '@azure/keyvault-certificates', folders: ['azure'] },
  { name: '@azure/keyvault-keys', folders: ['azure'] },
  { name: '@azure/keyvault-secrets', folders: ['azure'] },
  { name: '@opentelemetry/api', folders: ['tracing'] },
  { name: '@opentelemetry/context-async-hooks', folders: ['tracing'] },
  { name: '@opentelemetry/core', folders: ['tracing'] },
  { name: '@opentelemetry/exporter-trace-otlp-proto', folders: ['tracing'] },
  { name: '@opentelemetry/resources', folders: ['tracing'] },
  { name: '@opentelemetry/sdk-trace', folders: ['tracing'] },
  { name: '@peculiar/asn1-schema', folders: ['pki'] },
  { name: '@peculiar/asn1-x509', folders: ['pki'] },
  { name: 'asn1js', folders: ['pki'] },
  { name: 'croner', folders: ['domain'] },
  { name: 'csv-parse', folders: ['functions'] },
  { name: 'fflate', folders: ['kits'] },
  { name: 'fast-xml-parser', folders: ['kits', 'onprem'] },
  { name: 'jsonc-parser', folders: ['functions'] },
  { name: 'plist', folders: ['kits'] },
  { name: 'ssh2', folders: ['remote'] },
];

// Emulators in sandbox; files beside them put them together.
const emulators = ['arm', 'azurite', 'control', 'eventgrid', 'identity', 'keyvault', 'runtime', 'vpn', 'windows'];

const literal = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const inPackage = (name) => `(^|/)node_modules/(@types/)?${literal(name)}/`;
const inFolders = (names) =>
  `^src/(${names.map((name) => (name.endsWith('.ts') ? `${literal(name)}$` : `${name}/`)).join('|')})`;

const folderRules = Object.entries(folders).map(([folder, { from, breach }]) => ({
  name: `folder-${folder}`,
  comment: breach,
  severity: 'error',
  from: { path: inFolders([folder]) },
  to: { path: '^src/', pathNot: inFolders([folder, ...from]) },
}));

const nounRules = Object.entries(nouns).flatMap(([layer, folders]) =>
  Object.entries(folders).map(([noun, from]) => ({
    name: `noun-${layer}-${noun}`,
    comment: 'A workflow would be told in the words of another, and could not be read or changed alone any more.',
    severity: 'error',
    from: { path: `^src/${layer}/${noun}/` },
    to: { path: `^src/${layer}/`, pathNot: `^src/${layer}/(${[noun, ...from].join('|')})/` },
  })),
);

const nounFolders = Object.entries(nouns).flatMap(([layer, folders]) =>
  Object.keys(folders).map((noun) => `${layer}/${noun}`),
);

const packageRules = packages.map(({ name, folders: allowed }) => ({
  name: `package-${name.replaceAll(/[@/.]+/g, '-').replace(/^-/, '')}`,
  comment: `${name} belongs to ${allowed.join(', ')}: elsewhere its types and failures would become everybody’s.`,
  severity: 'error',
  from: { path: '^src/', pathNot: inFolders(allowed) },
  to: { path: inPackage(name) },
}));

const emulatorRules = emulators.map((name) => ({
  name: `emulator-${name}`,
  comment:
    'Emulators that know each other agree with each other: only what Azure’s services say over the wire may pass.',
  severity: 'error',
  from: { path: `^sandbox/${name}/` },
  to: { path: '^sandbox/', pathNot: `^sandbox/(${name}|platform)/` },
}));

module.exports = {
  forbidden: [
    ...folderRules,
    ...nounRules,
    ...packageRules,
    {
      name: 'packages-of-the-bundle',
      comment:
        'What src imports is deployed: a package comes in by being argued for in the list above, never by an import alone.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '(^|/)node_modules/', pathNot: packages.map(({ name }) => inPackage(name)) },
    },
    {
      name: 'no-built-ins-in-replayed-code',
      comment: 'Orchestrations and what they decide with must give the same answer every time they are replayed.',
      severity: 'error',
      from: { path: inFolders(['domain', 'contracts', 'orchestrations']) },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'every-folder-has-a-rule',
      comment:
        'A new folder, or a file beside main.ts or beside the nouns, would be a place that may do anything: give it its line above.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: inFolders([
          ...Object.keys(folders).filter((folder) => !(folder in nouns)),
          ...nounFolders,
          'composition',
          'main.ts',
          'version.ts',
        ]),
      },
      to: {},
    },
    {
      name: 'src-stands-alone',
      comment: 'The deployed application must not know that a sandbox, a test or a tool exists.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sandbox|test|tools|bench)/' },
    },
    {
      name: 'sandbox-knows-no-source',
      comment: 'An emulator that shares code with the application agrees with the application’s mistakes about Azure.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|test|tools|bench)/' },
    },
    ...emulatorRules,
    {
      name: 'platform-is-ground',
      comment: 'What every emulator stands on cannot stand on one of them.',
      severity: 'error',
      from: { path: '^sandbox/platform/' },
      to: { path: '^sandbox/', pathNot: '^sandbox/platform/' },
    },
    {
      name: 'tests-are-not-used',
      comment: 'Code that only tests reach would be shipped, or a tool would need what only a test sets up.',
      severity: 'error',
      from: { path: '^(tools|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      comment: 'Modules in a cycle are one module, and which of them is ready first depends on who asks.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      comment: 'An import that cannot be found is a mistake or a package that is missing from package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'A package that another one happens to bring may be gone after that one’s next version.',
      severity: 'error',
      from: { path: '^(src|sandbox|test|tools|bench)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    // Applications that tests load have a package.json of their own.
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
