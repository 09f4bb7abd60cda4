import { withSettingsTable } from '../../../src/kits/powershell-settings.ts';

describe('src/kits/powershell-settings', () => {
  it.each(["O'Neil", 'O’Neil', '‘x', 'a‚b', 'a‛b'])('writes every quote that PowerShell knows twice: %s', (name) => {
    const [quote = ''] = /['\u2018-\u201b]/.exec(name) ?? [];

    expect(withSettingsTable('$settings = @{}', { Name: name })).toBe(
      `$settings = @{\n  Name = '${name.replace(quote, quote + quote)}'\n}`,
    );
  });
});
