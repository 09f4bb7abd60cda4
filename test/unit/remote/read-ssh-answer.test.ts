import { z } from 'zod';
import { readSshAnswer } from '../../../src/remote/read-ssh-answer.ts';

const schema = z.object({ state: z.literal('gone') });

function read(answer: { readonly stdout?: string; readonly stderr?: string; readonly exitCode?: number }): unknown {
  const { stdout = '', stderr = '', exitCode = 0 } = answer;
  return readSshAnswer({
    machine: 'host',
    verb: 'cleanup',
    schema,
    answer: { outcome: 'ran', stdout, stderr, exitCode },
  });
}

describe('src/remote/read-ssh-answer', () => {
  it.each([
    ['one line', '{"state":"gone"}\r\n'],
    ['the last of several lines', 'a banner\n{"state":"absent"}\n{"state":"gone"}\n\n'],
    ['a line with a byte order mark', '\uFEFF{"state":"gone"}'],
  ])('returns the answer of %s', (_what, stdout) => {
    expect(read({ stdout })).toEqual({ state: 'gone' });
  });

  it('returns the answer whatever PowerShell says of its progress', () => {
    expect(read({ stdout: '{"state":"gone"}', stderr: '#< CLIXML\r\n<Objs/>' })).toEqual({ state: 'gone' });
  });

  it('returns what the script says went wrong', () => {
    const stdout = '{"state":"failed","code":"AuthFailed","message":"0x8007052e"}';

    expect(read({ stdout })).toEqual({
      outcome: 'refused',
      code: 'authFailed',
      message: 'host: ssh-cleanup failed there: 0x8007052e.',
    });
  });

  it('keeps a page of what a script has to say', () => {
    const words = 'x'.repeat(64 * 1024);
    const read64 = read({ stdout: JSON.stringify({ state: 'failed', code: 'ToolFailed', message: words }) });

    expect(JSON.stringify(read64)).toMatch(/ x{1900,2000}… \(cut, 65536 characters\)/);
  });

  it.each([
    ['{"state":"failed"}', 'toolFailed'],
    ['{"state":"failed","code":"Strange","message":7}', 'toolFailed'],
  ])('returns a failure for %s', (stdout, fault) => {
    expect(read({ stdout })).toMatchObject({ outcome: 'refused', code: fault });
  });

  it.each([
    ['OpenSSH for Windows', { exitCode: 9009 }],
    ['Debian’s sshd', { exitCode: 127, stderr: 'bash: powershell.exe: command not found' }],
    ['cmd.exe', { exitCode: 1, stderr: "'powershell.exe' is not recognized as an internal or external command,\r\n" }],
  ])('returns that PowerShell is missing when %s says so', (_whose, answer) => {
    expect(read(answer)).toMatchObject({ outcome: 'refused', code: 'precondition' });
  });

  it.each(['', 'hello', '{"state":"else"}', '{"state":', '[]', 'null'])('returns a failure for %p', (stdout) => {
    expect(read({ stdout, exitCode: 1 })).toMatchObject({
      code: 'toolFailed',
      message: 'host: ssh-cleanup gave no answer that can be read (exit code 1).',
    });
  });

  it('returns the id of PowerShell’s error and nothing of its text', () => {
    const stderr =
      'ConvertFrom-Json : hunter2\r\n    + FullyQualifiedErrorId : System.ArgumentException,Microsoft.X\r\n';

    const { message } = read({ stderr, exitCode: 1 }) as { readonly message: string };

    expect(message).toContain('(exit code 1, System.ArgumentException,Microsoft.X)');
    expect(message).not.toContain('hunter2');
  });
});
