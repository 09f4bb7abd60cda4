import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventTypes } from '../../../src/domain/event-types.ts';

const page = readFileSync(resolve(__dirname, '../../../docs/api.md'), 'utf8');

describe('docs/api.md, events', () => {
  it('lists every type of event, and no other', () => {
    const [, section = ''] = page.split('\n## Events\n');
    const [, list = ''] = /```text\n([^]*?)\n```/.exec(section) ?? [];

    expect(list.split('\n')).toEqual(eventTypes);
  });
});
