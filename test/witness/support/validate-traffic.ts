/**
 * A process of its own, because oav writes a log below HOME: `node validate-traffic.ts TRAFFIC DESCRIPTIONS WORK`.
 * Validates the recorded exchanges of ARM and Key Vault with Azure's published API descriptions, with every enumeration
 * closed. WORK is a folder for the closed copies and for the report: standard output is oav's.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import oav from 'oav';
import { copyStrictly } from './strict-descriptions.ts';
import {
  describedElsewhere,
  type ExchangeReport,
  isOfVault,
  isRecordedMember,
  type RecordedExchange,
  reportName,
} from './traffic-report.ts';

type Validator = InstanceType<typeof oav.LiveValidator>;

const areas = {
  network: {
    pattern: 'network',
    files: ['publicIpAddress.json', 'virtualNetwork.json', 'virtualNetworkGateway.json'],
    isArm: true,
  },
  hybridCompute: { pattern: 'hybridcompute', files: ['HybridCompute.json'], isArm: true },
  resources: { pattern: 'resources', files: ['resources.json'], isArm: true },
  // oav takes `/certificates/{name}/pending` for a version too, and then knows neither: each has descriptions of its
  // own.
  keyvault: { pattern: 'keyvault', files: ['certificates.json', 'keys.json', 'secrets.json'], isArm: false },
  versionless: { pattern: 'keyvault', files: ['certificates.json', 'keys.json', 'secrets.json'], isArm: false },
} as const;
type Area = keyof typeof areas;

const [trafficFile = '', source = '', work = ''] = process.argv.slice(2);
const validators = {
  network: await openValidator('network'),
  hybridCompute: await openValidator('hybridCompute'),
  resources: await openValidator('resources'),
  keyvault: await openValidator('keyvault'),
  versionless: await openValidator('versionless'),
};
const reports: ExchangeReport[] = [];
for (const line of readFileSync(trafficFile, 'utf8').split('\n')) {
  if (line !== '') reports.push(await report(JSON.parse(line) as RecordedExchange));
}
writeFileSync(join(work, reportName), JSON.stringify(reports));
// oav keeps timers.
process.exit(0);

async function openValidator(area: Area): Promise<Validator> {
  const { pattern, files, isArm } = areas[area];
  const directory = join(work, area);
  copyStrictly(
    join(source, 'derived', 'specification'),
    directory,
    (path) => area !== 'versionless' || !path.endsWith('version}'),
  );
  const validator = new oav.LiveValidator({
    directory,
    swaggerPathsPattern: files.map((file) => `${pattern}/**/${file}`),
    excludedSwaggerPathsPattern: ['**/examples/**/*'],
    git: { shouldClone: false },
    checkUnderFileRoot: false,
    loadValidatorInBackground: false,
    loadValidatorInInitialize: false,
    isArmCall: isArm,
  });
  await validator.initialize();
  return validator;
}

async function report(exchange: RecordedExchange): Promise<ExchangeReport> {
  const { method, url } = exchange.liveRequest;
  const call = `${method} ${new URL(url).pathname} ${exchange.liveResponse.statusCode}`;
  const elsewhere = describedElsewhere(exchange);
  if (elsewhere !== undefined) return { call, elsewhere, errors: [] };
  const validator = validators[areaOf(exchange)];
  const result = await validator.validateLiveRequestResponse(withVersion(exchange));
  const parts = [result.requestValidationResult, result.responseValidationResult];
  const errors = parts.flatMap(({ isSuccessful, errors: found, runtimeException }) => {
    if (runtimeException !== undefined) return [`${runtimeException.code}: ${runtimeException.message}`];
    if (isSuccessful === true) return [];
    return found
      .filter(({ code, pathsInPayload }) => !isRecordedMember(call, code, pathsInPayload))
      .map(({ code, message, pathsInPayload }) => `${code} at ${pathsInPayload.join(', ')}: ${message}`);
  });
  return { call, operationId: result.requestValidationResult.operationInfo.operationId, errors };
}

function areaOf(exchange: RecordedExchange): Area {
  const { liveRequest } = exchange;
  if (isOfVault(exchange)) {
    return /\/(versions|pending)$/.test(new URL(liveRequest.url).pathname) ? 'versionless' : 'keyvault';
  }
  if (/\/providers\/Microsoft\.HybridCompute\//i.test(liveRequest.url)) return 'hybridCompute';
  return /\/providers\/Microsoft\.Network\//i.test(liveRequest.url) ? 'network' : 'resources';
}

/** Key Vault's "latest" is an empty version behind a slash, for which oav finds no path: the version is put there. */
function withVersion(exchange: RecordedExchange): RecordedExchange {
  const url = new URL(exchange.liveRequest.url);
  if (!isOfVault(exchange) || !url.pathname.endsWith('/')) return exchange;
  url.pathname += '0'.repeat(32);
  return { ...exchange, liveRequest: { ...exchange.liveRequest, url: url.href } };
}
