// Two workers are done together only when the long suites do not come last. Jest knows how long a suite took where it ran
// before; on a fresh machine it goes by the size of the files, which says little of a suite that starts a whole stack.
const jestCore = require.resolve('@jest/core', { paths: [require.resolve('jest/package.json')] });
const { default: Sequencer } = require(require.resolve('@jest/test-sequencer', { paths: [jestCore] }));

/** Parts of paths below `test`, the longest suites first; what matches none comes last. */
const longest = [
  'e2e/bench',
  'e2e/onprem-connector-faults',
  'e2e/onprem-connector-crash',
  'e2e/line-build',
  'e2e/onprem-',
  'e2e/',
  'contract/stack/',
  'contract/runtime/',
  'contract/',
  'witness/durable-',
  'witness/out-means-out',
  'witness/line-vpn',
  'witness/bicep',
];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    // Stable: by Jest's own order among those that are alike here.
    return super.sort([...tests]).toSorted((a, b) => this.#rank(a) - this.#rank(b));
  }

  #rank(test) {
    // What failed last time is what the user waits for.
    if (this.hasFailed(test)) return -1;
    const path = test.path.replaceAll('\\', '/');
    const rank = longest.findIndex((part) => path.includes(`/test/${part}`));
    return this.time(test) !== undefined || rank === -1 ? longest.length : rank;
  }
};
