import { readFileSync } from 'node:fs';
import type { LogEntry } from '../../../src/ports/log.ts';

type Outcomes = { readonly [Entry in LogEntry as Entry['event']]: Readonly<Record<Entry['outcome'], true>> };

/** The type check holds this list to what the application can tell. */
const outcomes: Outcomes = {
  'certificate.issued': { issued: true },
  'certificate.refused': { refused: true, withheld: true },
  'root.created': { created: true },
  'root.imported': { imported: true },
  'key.signature': { asked: true, made: true, busy: true, refused: true, failed: true },
  'gateway.written': { accepted: true, refused: true, notTaken: true, succeeded: true, failed: true },
  'gateway.repair': { begun: true },
  'session.cut': { cut: true, proven: true },
  'command.timedOut': { timedOut: true },
  'notice.sent': { delivered: true, postponed: true, undeliverable: true, kept: true },
  'azure.throttled': { throttled: true },
  'operation.ended': { succeeded: true, failed: true, canceled: true },
};

const page = readFileSync('docs/observability.md', 'utf8').split('\n');
// The tables behind are of spans.
const lines = page.slice(0, page.indexOf('## Spans'));

function quotedIn(cell: string | undefined): readonly string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
}

describe('docs/observability.md', () => {
  it('lists every event with its outcomes, and no other', () => {
    const rows = lines.filter((line) => line.startsWith('| `')).map((line) => line.split('|'));

    const listed: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
      rows.map(([, event, told]) => [quotedIn(event)[0] ?? '', quotedIn(told)] as const),
    );

    expect(listed).toEqual(
      Object.fromEntries(Object.entries(outcomes).map(([event, told]) => [event, Object.keys(told)])),
    );
  });

  it.each(Object.keys(outcomes))('has a query that counts %s', (event) => {
    expect(lines.some((line) => line.includes(`event == "${event}"`) && line.includes('sum'))).toBe(true);
  });
});
