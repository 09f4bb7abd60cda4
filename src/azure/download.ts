import {
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  isRestError,
  type PipelineOptions,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';

const timeoutMs = 60_000;
/** Azure's packages have some hundred kilobytes. */
const bytesMax = 16 * 1024 * 1024;

/** The bytes behind a SAS URL, or what was in the way, in words without the URL. */
export type Download = (url: string) => Promise<{ readonly bytes: Uint8Array } | { readonly problem: string }>;

/** Fetches without credentials: the URL is one. */
export function createDownload(clientOptions: Pick<PipelineOptions, 'tlsOptions'> = {}): Download {
  const httpClient = createDefaultHttpClient();
  const pipeline = createPipelineFromOptions({ ...clientOptions, retryOptions: { maxRetries: 0 } });
  return async (url) => {
    try {
      const response = await pipeline.sendRequest(
        httpClient,
        createPipelineRequest({
          url,
          method: 'GET',
          abortSignal: AbortSignal.timeout(timeoutMs),
          streamResponseStatusCodes: new Set([200]),
        }),
      );
      if (response.status !== 200) return { problem: `the storage answers ${response.status}` };
      const bytes = await readAll(response);
      return bytes === undefined ? { problem: `the file is larger than ${bytesMax} bytes` } : { bytes };
    } catch (error) {
      if (!isRestError(error) && !(error instanceof Error && error.name === 'AbortError')) throw error;
      return { problem: `the storage cannot be reached (${isRestError(error) ? (error.code ?? '') : 'no answer'})` };
    }
  };
}

/** Undefined for a body that goes on beyond the bound: the rest is not read. */
async function readAll(response: PipelineResponse): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop ends the stream, and the connection with it.
  for await (const chunk of response.readableStreamBody ?? []) {
    chunks.push(Buffer.from(chunk));
    length += chunk.length;
    if (length > bytesMax) return undefined;
  }
  return Buffer.concat(chunks);
}
