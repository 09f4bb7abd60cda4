'use strict';
// Loaded into Azurite before its own code. It loads its telemetry, with half of all the modules that it has, before it reads
// that it is to send none: an empty module in the place of that one halves the time of a start.
const file = require.resolve('applicationinsights', { paths: [require.resolve('azurite/package.json')] });
require.cache[file] = Object.assign(new module.constructor(file), { filename: file, loaded: true, exports: {} });
