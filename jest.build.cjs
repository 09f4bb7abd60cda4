'use strict';
// Stacks run what is built. Before the first test of a project that starts some, what has changed since the last time is.
const { execFileSync } = require('node:child_process');

module.exports = (_options, { rootDir }) => {
  const args = ['--disable-warning=ExperimentalWarning', 'tools/build.ts', '--quiet'];
  execFileSync(process.execPath, args, { cwd: rootDir, stdio: ['ignore', 'inherit', 'inherit'] });
};
