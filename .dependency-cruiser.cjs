// The rooms of docs/architecture.md as rules. Each comment says what a breach would mean: a rule that nobody can explain is a
// rule that somebody will loosen.

// What each room of src may import from src, itself left out.
const rooms = {
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
    from: ['domain', 'contracts', 'pki', 'desk', 'ports', 'onprem'],
    breach: 'A step would know Azure’s clients or the way in, and could no longer be tried against other ones.',
  },
  desk: {
    from: ['domain', 'contracts', 'ports', 'pki', 'kits', 'onprem'],
    breach: 'A use case would depend on how it is called or on whose cloud it runs.',
  },
  ports: {
    from: ['domain'],
    breach: 'What the application asks of the outside would be written in the outside’s words.',
  },
  azure: {
    from: ['ports', 'domain'],
    breach: 'A client of Azure would know the story that it is used in, and Azure’s words would spread from there.',
  },
  functions: {
    from: ['domain', 'contracts', 'desk', 'ports'],
    breach: 'A door would do the work of a use case, where no other door and no timer can find it.',
  },
  pki: {
    from: ['domain'],
    breach: 'Certificates would be made differently for one story than for another.',
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
    breach: 'A way to reach machines would know the story that it carries, and another way would not fit in its place.',
  },
  config: {
    from: [],
    breach: 'Reading the environment would depend on code that runs before the environment is checked.',
  },
};

// Packages that may be in the bundle, and the only rooms (or files directly in src) that may name them.
const packages = [
  {
    name: 'zod',
    rooms: ['domain', 'contracts', 'desk', 'ports', 'azure', 'functions', 'pki', 'kits', 'config', 'onprem', 'remote'],
  },
  { name: 'ipaddr.js', rooms: ['domain', 'kits'] },
  { name: 'durable-functions', rooms: ['orchestrations', 'contracts', 'functions', 'main.ts'] },
  { name: '@azure/functions', rooms: ['functions', 'main.ts'] },
  { name: '@azure/identity', rooms: ['main.ts'] },
  { name: '@azure/arm-network', rooms: ['azure'] },
  { name: '@azure/core-auth', rooms: ['azure', 'services.ts', 'on-premises.ts'] },
  { name: '@azure/core-rest-pipeline', rooms: ['azure'] },
  { name: '@azure/data-tables', rooms: ['azure'] },
  { name: '@azure/storage-blob', rooms: ['azure'] },
  { name: '@azure/keyvault-certificates', rooms: ['azure'] },
  { name: '@azure/keyvault-keys', rooms: ['azure'] },
  { name: '@azure/keyvault-secrets', rooms: ['azure'] },
  { name: '@peculiar/asn1-schema', rooms: ['pki'] },
  { name: '@peculiar/asn1-x509', rooms: ['pki'] },
  { name: 'fflate', rooms: ['kits'] },
  { name: 'fast-xml-parser', rooms: ['kits', 'onprem'] },
  { name: 'jsonc-parser', rooms: ['functions'] },
  { name: 'plist', rooms: ['kits'] },
  { name: 'ssh2', rooms: ['remote'] },
];

// Rooms of sandbox that any other may use, and files that put the rooms together.
const standIns = ['arm', 'azurite', 'control', 'eventgrid', 'identity', 'keyvault', 'runtime', 'vpn', 'windows'];

const literal = (text) => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const inPackage = (name) => `(^|/)node_modules/(@types/)?${literal(name)}/`;
const inRooms = (names) =>
  `^src/(${names.map((name) => (name.endsWith('.ts') ? `${literal(name)}$` : `${name}/`)).join('|')})`;

const roomRules = Object.entries(rooms).map(([room, { from, breach }]) => ({
  name: `room-${room}`,
  comment: breach,
  severity: 'error',
  from: { path: inRooms([room]) },
  to: { path: '^src/', pathNot: inRooms([room, ...from]) },
}));

const packageRules = packages.map(({ name, rooms: allowed }) => ({
  name: `package-${name.replaceAll(/[@/.]+/g, '-').replace(/^-/, '')}`,
  comment: `${name} belongs to ${allowed.join(', ')}: elsewhere its types and failures would become everybody’s.`,
  severity: 'error',
  from: { path: '^src/', pathNot: inRooms(allowed) },
  to: { path: inPackage(name) },
}));

const standInRules = standIns.map((name) => ({
  name: `stand-in-${name}`,
  comment:
    'Stand-ins that know each other agree with each other: only what Azure’s services say over the wire may pass.',
  severity: 'error',
  from: { path: `^sandbox/${name}/` },
  to: { path: '^sandbox/', pathNot: `^sandbox/(${name}|platform)/` },
}));

module.exports = {
  forbidden: [
    ...roomRules,
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
      from: { path: inRooms(['domain', 'contracts', 'orchestrations']) },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'every-room-has-a-rule',
      comment:
        'A new folder or a file beside main.ts would be a room that may do anything: give it its own line above.',
      severity: 'error',
      from: { path: '^src/', pathNot: inRooms([...Object.keys(rooms), 'main.ts', 'services.ts', 'on-premises.ts']) },
      to: { path: '^src/' },
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
      comment: 'A stand-in that shares code with the application agrees with the application’s mistakes about Azure.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|test|tools|bench)/' },
    },
    ...standInRules,
    {
      name: 'platform-is-ground',
      comment: 'What every stand-in stands on cannot stand on one of them.',
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
