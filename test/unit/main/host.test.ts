import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const host: unknown = JSON.parse(readFileSync(resolve(__dirname, '..', '..', '..', 'host.json'), 'utf8'));

describe('host.json', () => {
  it('is what the real host is known to take: the classic bundle, the hub from a setting', () => {
    expect(host).toMatchObject({
      version: '2.0',
      functionTimeout: '00:10:00',
      extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.26.0, 5.0.0)' },
      extensions: { durableTask: { hubName: '%GATEHOUSE_TASK_HUB%' } },
    });
  });

  it('leaves an instance that a newer version has begun to a host of that version', () => {
    expect(host).toHaveProperty('extensions.durableTask.defaultVersion', '1.0');
    expect(host).toHaveProperty('extensions.durableTask.versionMatchStrategy', 'CurrentOrOlder');
    expect(host).toHaveProperty('extensions.durableTask.versionFailureStrategy', 'Reject');
  });

  it('keeps every poll of a queue out of the log', () => {
    // A `default` opens the host's own filter: the storage client and the durable framework then log each poll of a
    // queue, some 330,000 records a day of an instance that does nothing.
    expect(host).toHaveProperty('logging', {
      logLevel: { Azure: 'Warning', DurableTask: 'Warning', 'Host.Triggers.DurableTask': 'Warning' },
    });
  });

  it('tells its telemetry as OpenTelemetry does, beside which the settings of Application Insights are not read', () => {
    expect(host).toHaveProperty('telemetryMode', 'OpenTelemetry');
    expect(host).not.toHaveProperty('logging.applicationInsights');
  });

  it('goes on a minute after a host was killed, the least that the extension takes', () => {
    expect(host).toHaveProperty('extensions.durableTask.storageProvider', {
      controlQueueVisibilityTimeout: '00:01:00',
      workItemQueueVisibilityTimeout: '00:01:00',
      maxQueuePollingInterval: '00:00:05',
    });
  });

  it('keeps an operation in the trace of its request, without inputs and outputs', () => {
    expect(host).toHaveProperty('extensions.durableTask.tracing', {
      distributedTracingEnabled: true,
      traceInputsAndOutputs: false,
      version: 'V2',
    });
  });
});
