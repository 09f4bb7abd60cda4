/** An event in the Event Grid schema. */
export interface EventGridEvent {
  readonly id: string;
  readonly topic: string;
  readonly subject: string;
  readonly eventType: string;
  readonly eventTime: string;
  readonly dataVersion: string;
  readonly metadataVersion: string;
  readonly data: Readonly<Record<string, unknown>>;
}
