import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { startTracing } from '../../../src/tracing/start-tracing.ts';

describe('src/tracing/start-tracing', () => {
  it('does nothing while no setting says whereto', () => {
    const hooked: string[] = [];
    const note = (name: string) => () => {
      hooked.push(name);
      return { dispose: () => undefined };
    };

    startTracing({ appStart: note('appStart'), appTerminate: note('appTerminate') }, undefined);
    expect(hooked).toEqual([]);

    startTracing({ appStart: note('appStart'), appTerminate: note('appTerminate') }, 'http://127.0.0.1:4318');
    expect(hooked).toEqual(['appStart', 'appTerminate']);
  });

  it.each([
    'collector:4317',
    'grpc://collector:4317',
    'https:// collector',
    '@Microsoft.KeyVault(SecretUri=https://v/secrets/s)',
  ])('sends nothing to %s, and says so without it', (endpoint) => {
    const hooked: string[] = [];
    const note = (name: string) => () => {
      hooked.push(name);
      return { dispose: () => undefined };
    };
    const warnings = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);

    startTracing({ appStart: note('appStart'), appTerminate: note('appTerminate') }, endpoint);

    const said = warnings.mock.calls.map(([text]) => String(text));
    warnings.mockRestore();
    expect(hooked).toEqual([]);
    expect(said).toEqual([expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT')]);
    expect(said.join(' ')).not.toContain(endpoint);
  });

  it('is all that the application loads: of what exports spans nothing is reached by a plain import', async () => {
    const root = resolve(__dirname, '../../..');
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: ['src/main.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      loader: { '.ps1': 'text', '.sh': 'text' },
      splitting: true,
      outdir: 'unused',
      metafile: true,
      write: false,
    });
    const main = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint === 'src/main.ts');
    const loaded = main?.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path) ?? [];

    expect(loaded.filter((path) => path.startsWith('@opentelemetry/'))).toEqual(['@opentelemetry/api']);
    expect(Object.keys(main?.inputs ?? {})).not.toContain('src/tracing/export-spans.ts');
    expect(readFileSync(resolve(root, 'src/tracing/export-spans.ts'), 'utf8')).toContain('@opentelemetry/sdk-trace');
  });
});
