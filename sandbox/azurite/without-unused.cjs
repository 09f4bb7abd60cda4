'use strict';
// Loaded into Azurite before its own code. Whatever it is told, it loads its telemetry, with half of all the modules that it
// has, and a database that only its other way to store blobs has: with next to nothing in their place it starts in half the
// time.
const unused = { applicationinsights: {}, sequelize: { Model: class {} } };
const paths = [require.resolve('azurite/package.json')];
for (const [name, exports] of Object.entries(unused)) {
  const file = require.resolve(name, { paths });
  require.cache[file] = Object.assign(new module.constructor(file), { filename: file, loaded: true, exports });
}
