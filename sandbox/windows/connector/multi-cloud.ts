import { renderDataFile, spoilDataFile } from './data-file.ts';
import type { AzurePackCloud, ConnectorState, SharedFile } from './state.ts';

export interface WantedClouds {
  readonly azureStackCloudName: string;
  readonly clouds: readonly AzurePackCloud[];
}

/** Where the connector's state is kept: the world, to the functions here. */
interface HasConnector {
  readonly connector: ConnectorState;
}

/**
 * What Add-AzurePackConnector does at `atMs`: the portal lists these clouds, and each has an output file of its own.
 * Adding while on is not documented: here the list is replaced, and more files are written.
 */
export function enableMultiCloud({ connector }: HasConnector, wanted: WantedClouds, atMs: number): void {
  const { multiCloud } = connector;
  multiCloud.isOn = true;
  multiCloud.azureStackCloudName = wanted.azureStackCloudName;
  multiCloud.clouds = wanted.clouds.map((cloud) => ({ ...cloud }));
  multiCloud.addCount += 1;
  for (const cloud of wanted.clouds) writeDataFile(connector, cloud, atMs);
}

/** The endpoint goes on by itself, and is done at `dueMs`. */
export function enableLater({ connector }: HasConnector, wanted: WantedClouds, dueMs: number): void {
  connector.multiCloud.pending = {
    dueMs,
    azureStackCloudName: wanted.azureStackCloudName,
    clouds: wanted.clouds.map((cloud) => ({ ...cloud })),
  };
}

/** Brings what the endpoint went on with up to now: called before anybody looks. */
export function settleEndpoint(world: HasConnector, nowMs: number): void {
  const { pending } = world.connector.multiCloud;
  if (pending === undefined || pending.dueMs > nowMs) return;
  delete world.connector.multiCloud.pending;
  enableMultiCloud(world, pending, pending.dueMs);
}

/** Also where it is off already. The output files stay. */
export function disableMultiCloud({ connector }: HasConnector): void {
  const { multiCloud } = connector;
  multiCloud.isOn = false;
  multiCloud.clouds = [];
  delete multiCloud.azureStackCloudName;
  delete multiCloud.pending;
  multiCloud.disableCount += 1;
}

/** Two at once reconfigure one portal from two lists: which of them it ends with is anybody's guess. */
export function noteEndpointRun(
  { connector }: HasConnector,
  { begunMs, endedMs }: { readonly begunMs: number; readonly endedMs: number },
): void {
  const { multiCloud, violations } = connector;
  if (multiCloud.lastRunEndedMs > begunMs) violations.push('W13: Add-AzurePackConnector ran twice at once.');
  multiCloud.lastRunEndedMs = endedMs;
}

/** Anything larger by such a name is no data file, and is not read. */
const dataFileLengthMax = 1_048_576;

/** Files that name the endpoint, not older than `since`. Its port ends there: 4000 is not 40005. */
export function dataFilesOf(files: readonly SharedFile[], endpoint: string, since: string | undefined): SharedFile[] {
  const address = endpoint.replace(/\/+$/, '').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const naming = new RegExp(`${address}(?![0-9A-Za-z.-])`, 'i');
  return files.filter(
    ({ text, writtenAt }) =>
      text.length <= dataFileLengthMax &&
      naming.test(text) &&
      (since === undefined || Date.parse(writtenAt) >= Date.parse(since)),
  );
}

function writeDataFile(connector: ConnectorState, cloud: AzurePackCloud, atMs: number): void {
  const { azureStack, privilegedEndpoint, outputFiles } = connector;
  const text = renderDataFile({ ...azureStack, endpoint: cloud.endpoint }, privilegedEndpoint.format);
  const fault = privilegedEndpoint.dataFileFaults[cloud.name];
  outputFiles.push({
    name: freeName(outputFiles, new Date(atMs)),
    text: fault === undefined ? text : spoilDataFile(text, cloud.endpoint, fault),
    isUtf16: privilegedEndpoint.format === 'utf16',
    writtenAt: new Date(atMs).toISOString(),
  });
}

/** `AzurePack-06-27-15-50.txt`: the minute, and a number where a minute has more than one. */
function freeName(files: readonly SharedFile[], at: Date): string {
  const minute = at.toISOString().slice(5, 16).replaceAll(/[T:]/g, '-');
  const names = new Set(files.map(({ name }) => name));
  let name = `AzurePack-${minute}.txt`;
  for (let number = 2; names.has(name); number += 1) name = `AzurePack-${minute}-${number}.txt`;
  return name;
}
