/** A file with key, certificate and root, as the application makes it, against one by a process of OpenSSL's. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSigningRequest } from '../sandbox/walkthrough/signing-request.ts';
import { buildPkcs12, type Pkcs12Contents } from '../src/pki/build-pkcs12.ts';
import { type Cost, costHere, costOfPrograms } from './cpu-time.ts';
import { type Figure, median, type Section, sum } from './figures.ts';
import { measureInterleaved } from './rounds.ts';
import { createServicesAlone } from './services-alone.ts';

export interface Pkcs12Options {
  readonly rounds: number;
  /** Files of one measurement. */
  readonly count: number;
}

type Measured = 'application' | 'openssl';

export async function measurePkcs12({ rounds, count }: Pkcs12Options): Promise<Section> {
  const contents = await makeContents();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'));
  try {
    const exportByOpenssl = prepareOpenssl(folder, contents);
    const variants = {
      application: () =>
        costHere(() => {
          for (let made = 0; made < count; made += 1) buildPkcs12(contents);
          return Promise.resolve();
        }),
      openssl: () =>
        Promise.resolve(
          costOfPrograms(() => {
            for (let made = 0; made < count; made += 1) exportByOpenssl();
          }),
        ),
    };
    // The first round is for the compilers.
    await measureInterleaved(1, variants);
    return toSection(await measureInterleaved(rounds, variants), count);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function makeContents(): Promise<Pkcs12Contents> {
  const services = await createServicesAlone();
  const { keyPem, csrPem } = await makeSigningRequest();
  return {
    privateKey: createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' }),
    certificate: Buffer.from(await services.issue(csrPem), 'base64'),
    chain: [Buffer.from(services.rootCertificate, 'base64')],
    friendlyName: 'bench',
    password: 'bench-Passw0rd-of-nobody',
    encryption: 'modern',
  };
}

/** Algorithms and counts are what OpenSSL 3 takes by itself, and the application too. */
function prepareOpenssl(folder: string, { privateKey, certificate, chain, password }: Pkcs12Contents): () => void {
  const write = (name: string, label: string, ...ders: readonly Uint8Array[]): string => {
    const path = join(folder, name);
    writeFileSync(path, ders.map((der) => toPem(label, der)).join(''), { mode: 0o600 });
    return path;
  };
  const inputs = [
    ['-inkey', write('key.pem', 'PRIVATE KEY', privateKey)],
    ['-in', write('certificate.pem', 'CERTIFICATE', certificate)],
    ['-certfile', write('chain.pem', 'CERTIFICATE', ...chain)],
  ];
  const output = ['-name', 'bench', '-passout', `pass:${password}`, '-out', join(folder, 'bench.pfx')];
  const args = ['pkcs12', '-export', ...inputs.flat(), ...output];
  return () => {
    execFileSync('openssl', args, { stdio: 'pipe' });
  };
}

function toPem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function toSection(measured: Readonly<Record<Measured, readonly Cost[]>>, count: number): Section {
  const ratio = (read: (cost: Cost) => number): number =>
    median(measured.application.map((cost, round) => read(measured.openssl[round] ?? cost) / read(cost)));
  const each = (name: Measured, read: (cost: Cost) => number): number => median(measured[name].map(read)) / count;
  const elapsed = ({ wallMs }: Cost): number => wallMs;
  const processor = ({ cpuMs }: Cost): number => sum(cpuMs);
  const canReadChildren = measured.openssl.every(({ cpuMs }) => cpuMs.length > 0);
  const target = '>= 1.2';
  const cpuFigures: readonly Figure[] = [
    { name: 'processor time: openssl / application', value: ratio(processor), unit: 'x', target },
    { name: 'processor time: openssl, each', value: each('openssl', processor), unit: 'ms' },
  ];
  return {
    title: 'A .pfx with key, certificate and root, against openssl pkcs12 -export (per process started)',
    figures: [
      { name: 'elapsed: openssl / application', value: ratio(elapsed), unit: 'x', target },
      ...(canReadChildren ? cpuFigures : []),
      { name: 'processor time: application, each', value: each('application', processor), unit: 'ms' },
    ],
  };
}
