export interface ClientBindingOptions {
  readonly hubName: string;
  /** Host and port under which callers reach the app. */
  readonly hostname: string;
  readonly systemKey: string;
  /** Where the app's own client asks without a key; undefined when host.json turns that off. */
  readonly rpcPort: number | undefined;
}

export const webhookPath = '/runtime/webhooks/durabletask';
export const rpcPath = '/durabletask';

/** The management URLs of one instance, under the names that the host and the library share. */
export function managementUrls(origin: string, query: string, instanceId: string): Readonly<Record<string, string>> {
  const instance = `${origin}${webhookPath}/instances/${instanceId}`;
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

export function managementQuery({ hubName, systemKey }: ClientBindingOptions): string {
  return `taskHub=${hubName}&connection=AzureWebJobsStorage&code=${encodeURIComponent(systemKey)}`;
}

/** The JSON text that a durable client input binding hands to the app (facts: "Binding JSON"). */
export function createClientJson(options: ClientBindingOptions): string {
  const { hubName, hostname, systemKey, rpcPort } = options;
  const origin = `http://${hostname}`;
  const query = managementQuery(options);
  const creation = `${origin}${webhookPath}/orchestrators/{functionName}[/{instanceId}]`;
  const code = `code=${encodeURIComponent(systemKey)}`;
  const waits = 'timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}';
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${creation}?${code}`,
      createAndWaitOnNewInstancePostUri: `${creation}?${waits}&${code}`,
    },
    managementUrls: managementUrls(origin, query, 'INSTANCEID'),
    baseUrl: `${origin}${webhookPath}`,
    requiredQueryStringParameters: code,
    ...(rpcPort === undefined ? {} : { rpcBaseUrl: `http://127.0.0.1:${rpcPort}${rpcPath}/` }),
    httpBaseUrl: null,
  });
}
