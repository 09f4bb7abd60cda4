import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

describe('host.json', () => {
  it('is what the real host is known to take: the classic bundle, Durable 2.13 with the hub from a setting', () => {
    const text = readFileSync(resolve(__dirname, '..', '..', '..', 'host.json'), 'utf8');

    expect(JSON.parse(text)).toEqual({
      version: '2.0',
      functionTimeout: '00:10:00',
      extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' },
      logging: {
        logLevel: { default: 'Information', 'Host.Triggers.DurableTask': 'Warning' },
        // With it, the path of every request would go into the telemetry: a download's path is its secret.
        applicationInsights: { httpAutoCollectionOptions: { enableHttpTriggerExtendedInfoCollection: false } },
      },
      extensions: {
        durableTask: {
          hubName: '%GATEHOUSE_TASK_HUB%',
          storageProvider: { maxQueuePollingInterval: '00:00:05' },
        },
      },
    });
  });
});
