'use strict';
// Loaded into each child of the stack before its own code: when the supervisor is gone, even by kill -9, its end of the
// channel closes and the child ends as if it had been asked to.
const { setTimeout } = require('node:timers');

const graceMs = 8000;

// What a child says as it ends goes into a pipe that nobody holds any more: the error must not end it before it has saved.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), graceMs).unref();
});
// Watching must not keep a child alive that has nothing left to do.
process.channel?.unref();
