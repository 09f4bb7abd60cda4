import fc from 'fast-check';
import type { StepAnswer } from '../../../src/contracts/on-premises/remote-step.ts';
import { type AnsweredCommand, readAnswer, type UnreadableAnswer } from '../../../src/onprem/read-answer.ts';

const installed = {
  v: 1,
  step: 'P4',
  mode: 'apply',
  changed: true,
  ok: true,
  code: '',
  facts: { addressFrom: '192.168.200.201', addressTo: '192.168.200.230' },
} as const;

function read(output: string, rest: Partial<AnsweredCommand> = {}): StepAnswer | UnreadableAnswer {
  return readAnswer({ output, exitCode: 0, stepId: 'P4', mode: 'apply', ...rest });
}

const line = JSON.stringify(installed);

describe('src/onprem/read-answer.ts', () => {
  test.each<[string, string]>([
    ['a line alone', line],
    ['lines of Windows', `VERBOSE: looking\r\n${line}\r\n`],
    ['empty lines behind it', `${line}\n\n  \r\n`],
    ['a byte order mark', `\u{feff}${line}\r\n`],
    ['an older answer of the same command before it', `${JSON.stringify({ ...installed, ok: false })}\r\n${line}`],
    ['bare carriage returns of a progress bar', `working\rworking\r${line}`],
  ])('reads %s', (_, output) => {
    expect(read(output)).toEqual(installed);
  });

  test('reads an answer that has much to say, and keeps a page of it', () => {
    const answer = read(JSON.stringify({ ...installed, message: 'x'.repeat(64 * 1024) }));

    expect(answer).toMatchObject(installed);
    expect((answer as StepAnswer).message).toMatch(/^x{1900,2000}… \(cut, 65536 characters\)$/);
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['empty lines', '\r\n \r\n'],
    ['words', 'Access is denied.'],
    ['words behind the answer', `${line}\nWARNING: something else`],
    ['half an answer', line.slice(0, -10)],
    ['another version', JSON.stringify({ ...installed, v: 2 })],
    ['an unknown code', JSON.stringify({ ...installed, code: 'Splendid' })],
    ['no facts', JSON.stringify({ ...installed, facts: undefined })],
    ['a list', '[]'],
    ['a number', '1'],
    ['a line that is too long', JSON.stringify({ ...installed, facts: { other: 'x'.repeat(300_000) } })],
  ])('refuses %s', (_, output) => {
    expect(read(output)).toHaveProperty('unreadable');
  });

  test.each<[string, Partial<typeof installed> | { step?: string; mode?: string }]>([
    ['of another step', { step: 'P5' }],
    ['of another mode', { mode: 'probe' }],
  ])('refuses an answer %s: it came late', (_, part) => {
    expect(read(JSON.stringify({ ...installed, ...part }))).toEqual({
      unreadable: 'the answer is of another step or mode',
    });
  });

  test('refuses facts of the wrong shape and names them without their values', () => {
    const answer = read(JSON.stringify({ ...installed, facts: { addressFrom: 'hunter2' } }));

    expect(answer).toEqual({ unreadable: expect.stringContaining('addressFrom') as unknown });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  test('leaves out facts that the step does not have', () => {
    expect(read(JSON.stringify({ ...installed, facts: { PSComputerName: 'natvm' } }))).toMatchObject({ facts: {} });
  });

  test('takes every fact as one that may be missing', () => {
    const answer = { ...installed, step: 'P12', mode: 'undo', facts: {} };

    expect(read(JSON.stringify(answer), { stepId: 'P12', mode: 'undo' })).toMatchObject({ ok: true });
  });

  test.each<[string, object, number | undefined, object]>([
    ['3010 as a restart that is wanted', {}, 3010, { ok: true, code: 'rebootRequired' }],
    ['3010 of a failure as that failure', { ok: false, code: 'ToolFailed' }, 3010, { ok: false, code: 'toolFailed' }],
    ['1618 as an installer that is busy', { ok: false, code: 'ToolFailed' }, 1618, { ok: false, code: 'busy' }],
    ['1460 as a time that is over', {}, 1460, { ok: false, code: 'timedOut', facts: {} }],
    ['no exit code as none', { ok: false, code: 'Precondition' }, undefined, { ok: false, code: 'precondition' }],
    ['a failure without a code as one of the tool', { ok: false }, 1, { ok: false, code: 'toolFailed' }],
  ])('reads exit code %s', (_, part, exitCode, wanted) => {
    expect(read(JSON.stringify({ ...installed, ...part }), { exitCode })).toMatchObject(wanted);
  });

  test('names the exit code where there is nothing else', () => {
    expect(read('', { exitCode: -1073741510 })).toEqual({ unreadable: 'nothing was written (exit code -1073741510)' });
  });

  test('refuses a step that is not there', () => {
    expect(read(line, { stepId: 'P99' })).toEqual({ unreadable: 'there is no step P99' });
  });

  test('finds the answer behind any output, whole', () => {
    const answers = fc.record({
      v: fc.constant(1),
      step: fc.constant('P4'),
      mode: fc.constant('apply'),
      changed: fc.boolean(),
      ok: fc.constant(true),
      code: fc.constantFrom('', 'NotDone', 'Precondition', 'ToolFailed', 'RebootRequired'),
      facts: fc.constant({}),
      message: fc.string({ unit: 'binary', maxLength: 200 }),
    });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), answers, fc.constantFrom('\n', '\r\n', ''), (noise, answer, end) => {
        expect(read(`${noise}\n${toAsciiJson(answer)}${end}`)).toEqual({ ...answer, code: ownCodeOf(answer.code) });
      }),
    );
  });

  test('answers for any output at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.option(fc.integer(), { nil: undefined }), (output, exitCode) => {
        expect(read(output, { exitCode })).toBeInstanceOf(Object);
      }),
    );
  });
});

/** A script's code as the application has it. */
function ownCodeOf(code: string): string {
  return code.charAt(0).toLowerCase() + code.slice(1);
}

/** As the launcher writes it. */
function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
