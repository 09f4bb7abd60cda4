'use strict';
// Before every script of package.json: says in one line which Node is needed, where the one at hand would fail by its syntax.
// Only what every Node in use reads and has built in.
const { engines } = require('../package.json');

const [, least, below] = /^>=([\d.]+) <(\d+)$/.exec(engines.node);
const [major, minor] = process.versions.node.split('.').map(Number);
const [leastMajor, leastMinor] = least.split('.').map(Number);

if (major < leastMajor || (major === leastMajor && minor < leastMinor) || major >= Number(below)) {
  process.stderr.write(
    `Node ${least} or newer, below ${below}, is needed; this is ${process.versions.node}. npm ci brings it, and where no package has it (this is ${process.platform}-${process.arch}): https://nodejs.org\n`,
  );
  process.exitCode = 1;
}
