/** What orchestration versioning promises, as tests that any host of the fixture `versions.cjs` is held to. */
import { end, raise, readStatus, run, start, until } from './orchestration-client.ts';
import type { FixtureApp, RuntimeProcess } from './runtime-process.ts';

const waiting = (status: { readonly runtimeStatus: string }): boolean => status.runtimeStatus === 'Running';

/**
 * `getApp` gives an app whose hub is empty; each case starts hosts of the versions that it needs, one after the other.
 */
export function itKeepsVersions(getApp: () => FixtureApp): void {
  let host: RuntimeProcess;

  /** Ends the present host, if any, and starts one that runs this version. */
  async function startHost(version: string, failure: 'Reject' | 'Fail' = 'Reject'): Promise<void> {
    await stopHost();
    host = await getApp().start({
      FIXTURE_HOST: version,
      AzureFunctionsJobHost__extensions__durableTask__defaultVersion: version,
      AzureFunctionsJobHost__extensions__durableTask__versionMatchStrategy: 'CurrentOrOlder',
      AzureFunctionsJobHost__extensions__durableTask__versionFailureStrategy: failure,
    });
    isRunning = true;
  }

  let isRunning = false;
  async function stopHost(): Promise<void> {
    if (isRunning) await host.stop();
    isRunning = false;
  }

  afterEach(stopHost);

  it('gives an instance the version that its start names, or else the default, for as long as it lives', async () => {
    await startHost('2.0');

    expect(await run(host, 'tellsVersion')).toMatchObject({ version: '2.0', output: { version: '2.0' } });
    const older = await start(host, 'tellsVersion', {}, 'older', '1.5');
    expect(await end(host, older)).toMatchObject({ version: '1.5', output: { version: '1.5' } });
    const next = await start(host, 'tellsVersionOfNext', { round: 0 }, 'next', '1.5');
    expect(await end(host, next)).toMatchObject({ version: '1.5', output: { version: '1.5' } });
    const parent = await start(host, 'tellsChildVersions', {}, 'parent', '1.5');
    expect((await end(host, parent)).output).toEqual({ own: '1.5', unnamed: '2.0', named: '0.5' });
  });

  it('leaves an instance of a newer version, with all that is sent to it, to a host of that version', async () => {
    await startHost('2.0');
    await start(host, 'tellsVersion', {}, 'early', '2.1');
    await startHost('2.1');
    expect((await end(host, 'early')).output).toEqual({ version: '2.1' });
    await start(host, 'waitsWithVersion', {}, 'begun');
    await until(host, 'begun', waiting);

    await startHost('2.0');
    expect(await raise(host, 'begun', 'go', {})).toBe(202);
    // What this host may run is run meanwhile, what it may not run stays.
    expect((await run(host, 'tellsVersion')).output).toEqual({ version: '2.0' });
    expect(await readStatus(host, 'begun')).toMatchObject({ runtimeStatus: 'Running', version: '2.1' });

    await startHost('2.1');
    expect((await end(host, 'begun')).output).toEqual({ version: '2.1' });
    const journal = await host.journal();
    expect(journal.filter((line) => /^(early|begun) /.test(line)).sort()).toEqual([
      'begun 2.1 on 2.1',
      'early 2.1 on 2.1',
    ]);
  });

  it('fails an instance of a newer version where that is what host.json says', async () => {
    await startHost('2.0', 'Fail');

    for (const version of ['2.0.0', '10.0', 'next']) {
      const id = await start(host, 'tellsVersion', {}, undefined, version);
      expect(await end(host, id)).toMatchObject({
        runtimeStatus: 'Failed',
        version,
        output: 'VersionMismatch: Orchestration version did not comply with Worker Versioning',
      });
      expect(await host.journal()).not.toContainEqual(expect.stringContaining(id));
    }
    // One number alone is text to .NET, and no version is older than all.
    for (const version of ['1.9.9', '2.0', '10', '']) {
      const id = await start(host, 'tellsVersion', {}, undefined, version);
      expect(await end(host, id)).toMatchObject({ runtimeStatus: 'Completed', output: { version } });
    }
  });
}
