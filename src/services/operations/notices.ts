import { z } from 'zod';
import type { Tables } from '../../ports/tables.ts';
import { createStore } from '../../stores/store.ts';

const noticeSchema = z.object({
  /** What it is about: `<kind>-<id>`. */
  subjectId: z.string(),
  threshold: z.string(),
  outboxId: z.string(),
  at: z.iso.datetime(),
});
type Notice = z.infer<typeof noticeSchema>;

const watermarkSchema = z.object({ name: z.string(), day: z.iso.date() });

/** Which notices were given, for ever: one per subject and threshold. And how far each watch has come. */
export interface Notices {
  has(subjectId: string, threshold: string): Promise<boolean>;
  /** Notes a notice whose event is in the outbox already. */
  add(notice: Notice): Promise<void>;
  /** The last day that the watch of this name has done, if any. */
  readWatermark(name: string): Promise<string | undefined>;
  writeWatermark(name: string, day: string): Promise<void>;
}

const watermarkPartition = 'watermark';

export function createNotices({ tables }: { readonly tables: Tables }): Notices {
  const notices = createStore(tables, {
    table: 'Notices',
    schema: noticeSchema,
    keys: ({ subjectId, threshold }) => ({ partitionKey: subjectId, rowKey: threshold }),
  });
  const watermarks = createStore(tables, {
    table: 'Notices',
    schema: watermarkSchema,
    keys: ({ name }) => ({ partitionKey: watermarkPartition, rowKey: name }),
  });

  return {
    has: async (subjectId, threshold) =>
      (await notices.get({ partitionKey: subjectId, rowKey: threshold })) !== undefined,
    add: async (notice) => {
      await notices.insert(notice);
    },
    readWatermark: async (name) =>
      (await watermarks.get({ partitionKey: watermarkPartition, rowKey: name }))?.record.day,
    writeWatermark: (name, day) => watermarks.upsert({ name, day }),
  };
}
