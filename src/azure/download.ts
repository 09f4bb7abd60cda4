import {
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  isRestError,
  type PipelineOptions,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';

const timeoutMs = 60_000;

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
      return response.status === 200
        ? { bytes: await readAll(response) }
        : { problem: `the storage answers ${response.status}` };
    } catch (error) {
      if (!isRestError(error) && !(error instanceof Error && error.name === 'AbortError')) throw error;
      return { problem: `the storage is not to be reached (${isRestError(error) ? (error.code ?? '') : 'no answer'})` };
    }
  };
}

async function readAll(response: PipelineResponse): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}
