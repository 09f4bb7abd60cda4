'use strict';
// Orchestrations that do nothing but be orchestrated: what is measured is the runtime.
const df = require('durable-functions');

df.app.activity('echo', { handler: (input) => input });

// eslint-disable-next-line require-yield -- one without a step is what is measured.
df.app.orchestration('returns', function* (context) {
  return context.df.getInput();
});

df.app.orchestration('sequence', function* (context) {
  const { count } = context.df.getInput();
  for (let index = 0; index < count; index += 1) yield context.df.callActivity('echo', index);
});

df.app.orchestration('fansOut', function* (context) {
  const { count } = context.df.getInput();
  yield context.df.Task.all(Array.from({ length: count }, (_, index) => context.df.callActivity('echo', index)));
});
