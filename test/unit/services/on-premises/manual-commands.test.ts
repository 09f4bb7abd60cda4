import { createHash } from 'node:crypto';
import { parseScript } from '../../../../sandbox/windows/powershell/parse.ts';
import { composedScripts } from '../../../../src/onprem/composed-scripts.ts';
import { readAnswer } from '../../../../src/onprem/read-answer.ts';
import type { ManualCommand } from '../../../../src/ports/manual-commands.ts';
import { createOnPremisesServices, type OnPremisesServices } from '../../../support/on-premises-services.ts';
import { anOperationId } from '../../../support/services-world.ts';

const id = `${anOperationId('manual')}-1-w16-1-probe-1`;
const command: ManualCommand = {
  id,
  machineId: 'host',
  step: 'W16',
  mode: 'probe',
  invocation: 'eyJ2IjoxfQ',
  scriptSha256: 'a'.repeat(64),
  since: '2026-03-01T12:00:00.000Z',
};
const content = Buffer.from('realm').toString('base64');

function answer(change: object = {}, facts: object = { content }): string {
  return JSON.stringify({ v: 1, step: 'W16', mode: 'probe', changed: false, ok: true, code: '', facts, ...change });
}

async function opened(): Promise<OnPremisesServices> {
  const services = createOnPremisesServices();
  await services.manualCommands.open(command);
  const expects = {
    secretFacts: { content: 'gatehouse-data-file-kept' },
    instanceId: 'instance',
    eventName: 'answered-probe-1',
  };
  await services.manualCommands.expect('host', id, expects);
  return services;
}

async function give(services: OnPremisesServices, text: string): Promise<unknown> {
  return services.manualCommands.answer('host', id, { text, by: 'bob' }, services.orchestrations);
}

describe('src/services/on-premises/manual-commands', () => {
  it('shows what is to be run, and the script that was meant', async () => {
    const { manualCommands } = await opened();

    expect(await manualCommands.listOpen('host')).toMatchObject([
      {
        id,
        step: 'W16',
        title: 'Collect a data file',
        commandLine: expect.stringContaining('-Invocation eyJ2IjoxfQ') as string,
      },
    ]);
    expect(await manualCommands.script('host', id)).toMatch(/^# Gatehouse step W16/);
    expect(await manualCommands.listOpen('other')).toEqual([]);
  });

  it('takes the answer, tells who waits, and keeps what is secret in Key Vault only', async () => {
    const services = await opened();

    const answered = await give(services, `VERBOSE: copying\r\n${answer()}\r\n`);

    expect(answered).toMatchObject({ ok: true, facts: {} });
    expect((await services.secrets.get('gatehouse-data-file-kept'))?.value).toBe(content);
    expect(services.orchestrations.raised).toEqual([{ instanceId: 'instance', eventName: 'answered-probe-1' }]);
    expect(await services.manualCommands.read('host', id)).toMatchObject({ state: 'answered' });
    expect(JSON.stringify(services.tables.rows('ManualCommands'))).not.toContain(content);
    expect(await services.manualCommands.listOpen('host')).toEqual([]);
  });

  it('keeps an answer so that it is read again like that of any machine', async () => {
    const services = await opened();
    const given = await give(services, answer({ ok: false, code: 'NotDone' }, {}));

    const read = await services.manualCommands.read('host', id);
    const output = read?.state === 'answered' ? read.output : '';
    expect(readAnswer({ output, exitCode: undefined, stepId: 'W16', mode: 'probe' })).toEqual(given);
    expect(given).toMatchObject({ ok: false, code: 'notDone' });
  });

  it('takes the first of two answers, and what it put into Key Vault stays', async () => {
    const services = await opened();
    await give(services, answer());

    await give(services, answer({ ok: false, code: 'ToolFailed' }, { content: 'AAAA' }));

    expect((await services.secrets.get('gatehouse-data-file-kept'))?.value).toBe(content);
    const read = await services.manualCommands.read('host', id);
    expect(JSON.parse(read?.state === 'answered' ? read.output : '{}')).toMatchObject({ ok: true });
  });

  it.each([
    ['nothing', ' '],
    ['words', 'It worked!'],
    ['the answer of another step', answer({ step: 'W15' })],
    ['the answer of another mode', answer({ mode: 'apply' })],
    ['facts that are none', answer({}, { content: 7 })],
    ['JSON that is no answer', '{"v":2}'],
  ])('refuses %s, says so, and waits on', async (_what, text) => {
    const services = await opened();

    await expect(give(services, text)).rejects.toMatchObject({
      code: 'ERR_REQUEST_INVALID',
      problems: [{ path: '/answer', code: 'notAnAnswer' }],
    });
    expect(await services.manualCommands.read('host', id)).toEqual({ state: 'open' });
    expect(services.orchestrations.raised).toEqual([]);
  });

  it('shows and takes nothing of a command that is closed, or that there is not', async () => {
    const services = await opened();
    await give(services, answer());
    await services.manualCommands.close('host', id);

    await expect(give(services, answer())).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(services.manualCommands.script('host', id)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await expect(services.manualCommands.script('host', 'none')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    expect(JSON.stringify(services.tables.rows('ManualCommands'))).not.toContain('"ok":true');
    await services.manualCommands.close('host', 'none');
  });

  it('leaves a command as it is that is opened again', async () => {
    const services = await opened();
    await give(services, answer());

    await services.manualCommands.open(command);

    expect(await services.manualCommands.read('host', id)).toMatchObject({ state: 'answered' });
  });

  describe('of what is too long for a command line', () => {
    /** As a certificate makes it: base64 in base64url. */
    const long = Buffer.from(JSON.stringify({ v: 1, parameters: { certificate: 'A'.repeat(8192) } })).toString(
      'base64url',
    );
    const steps = [...composedScripts.keys()];

    it.each(steps)('shows a file for %s that holds what is asked, and its own hash', async (step) => {
      const services = createOnPremisesServices();
      await services.manualCommands.open({ ...command, step, invocation: long });

      const [shown] = await services.manualCommands.listOpen('host');
      const script = await services.manualCommands.script('host', id);

      expect(shown?.commandLine).toBe('powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\command.ps1');
      expect(shown?.scriptSha256).toBe(createHash('sha256').update(script).digest('hex'));
      expect(script).toContain(`[string]$Invocation = '${long}'`);
      expect((await parseScript(script)).errors).toEqual([]);
    });

    it('never shows a line that cmd.exe does not take whole, and keeps the published script as long as it can', async () => {
      const shownFor = async (length: number) => {
        const services = createOnPremisesServices();
        await services.manualCommands.open({ ...command, invocation: 'A'.repeat(length) });
        return (await services.manualCommands.listOpen('host'))[0];
      };
      const bare = 'powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\command.ps1 -Invocation ';

      const longest = await shownFor(8191 - bare.length);
      const tooLong = await shownFor(8192 - bare.length);

      expect(longest?.commandLine).toHaveLength(8191);
      expect(longest?.scriptSha256).toBe(command.scriptSha256);
      expect(tooLong?.commandLine.length).toBeLessThan(100);
      expect(tooLong?.scriptSha256).not.toBe(command.scriptSha256);
    });
  });
});
