/**
 * There is no Bicep compiler where these tests run: test/witness/bicep.witness.ts has one. They read the files as text
 * and hold them to what the application asks for, and to the mistakes that reading can find.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { readSettings } from '../../../src/config/settings.ts';
import { appSecretNames } from '../../../src/services/requests/app-secrets.ts';
import { settingNames } from '../../support/setting-names.ts';

const folder = resolve(__dirname, '../../../infra');
const files = new Map(
  globSync(['*.bicep', 'app/*.bicep'], { cwd: folder }).map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
);
const main = files.get('main.bicep') ?? '';
const functionApp = files.get('app/function-app.bicep') ?? '';

function namesAfter(keyword: 'param' | 'output' | 'var', text: string): string[] {
  return [...text.matchAll(new RegExp(`^${keyword} (\\w+)`, 'gm'))].map(([, name]) => name ?? '');
}

/** File, parameters and symbolic name of each module that main.bicep uses. */
function modulesOfMain(): { symbol: string; file: string; params: string[] }[] {
  return [...main.matchAll(/^module (\w+) '([^']+)'(.*?)^(?:\}|\])/gms)].map(
    ([, symbol = '', file = '', body = '']) => {
      const block = /^ +params: \{\n(.*?)^ +\}/ms.exec(body)?.[1] ?? '';
      return { symbol, file, params: [...block.matchAll(/^ +(\w+): /gm)].map(([, name]) => name ?? '') };
    },
  );
}

function requiredSettings(): string[] {
  return readSettings({}).faults.map(({ name }) => name);
}

describe('infra/app/function-app.bicep', () => {
  it('gives every setting that the application requires', () => {
    expect(requiredSettings()).toContain('GATEHOUSE_TABLE_URL');
    for (const name of requiredSettings()) expect(functionApp).toMatch(new RegExp(`^ +${name}: `, 'm'));
  });

  it('gives no setting of the application that it does not know', () => {
    const host = readFileSync(resolve(folder, '../host.json'), 'utf8');
    const given = [...functionApp.matchAll(/^ +(GATEHOUSE_\w+): /gm)].map(([, name]) => name ?? '');
    expect(given.filter((name) => !settingNames.includes(name) && !host.includes(`%${name}%`))).toEqual([]);
  });

  it('names the identity, so that the application knows which changes are its own', () => {
    expect(functionApp).toMatch(/^ +AZURE_CLIENT_ID: identityClientId$/m);
  });

  it('gives no secret and no reference to one', () => {
    expect(functionApp).not.toMatch(/@Microsoft\.KeyVault|@secure/i);
  });

  it('reaches storage by identity', () => {
    expect(functionApp).toMatch(/AzureWebJobsStorage__accountName/);
    expect(functionApp).not.toMatch(/AzureWebJobsStorage:|AccountKey|listKeys/);
  });

  it('runs the Node version that the package is built for', () => {
    const { engines } = JSON.parse(readFileSync(resolve(folder, '../package.json'), 'utf8')) as {
      engines: { node: string };
    };
    const version = /name: 'node'\s+version: '(\d+)'/.exec(functionApp)?.[1];
    expect(engines.node).toMatch(new RegExp(`>=${version ?? 'none'}\\.`));
  });
});

describe('infra/bicepconfig.json', () => {
  const levels = [
    ...readFileSync(join(folder, 'bicepconfig.json'), 'utf8').matchAll(/"([\w-]+)": \{ "level": "(\w+)" \}/g),
  ];

  it('has every rule on but the one that looks at today’s date', () => {
    expect(levels.length).toBeGreaterThan(50);
    expect(levels.filter(([, , level]) => level !== 'warning').map(([, rule]) => rule)).toEqual([
      'use-recent-api-versions',
    ]);
  });

  it('is left in few places, each of which says why', () => {
    const left = [...files].flatMap(([file, text]) =>
      [...text.matchAll(/#disable\S* (\S+)(.*)$/gm)].map(([, rule = '', rest = '']) => ({ file, rule, rest })),
    );

    expect(left.filter(({ rest }) => !/^ \/\/ \w.+\.$/.test(rest))).toEqual([]);
    expect([...new Set(left.map(({ file, rule }) => `${file}: ${rule}`))].toSorted()).toEqual([
      'app/events.bicep: use-resource-id-functions',
      'main.bicep: what-if-short-circuiting',
    ]);
  });
});

describe('infra/main.bicep', () => {
  it('spells outputs as azd does its environment', () => {
    expect(namesAfter('output', main)).toEqual(expect.arrayContaining(['AZURE_RESOURCE_GROUP', 'GATEHOUSE_URL']));
    expect(namesAfter('output', main).filter((name) => !/^(?:AZURE|GATEHOUSE)(?:_[A-Z]+)+$/.test(name))).toEqual([]);
  });

  it.each([...files])('uses every parameter and variable of %s', (_file, text) => {
    for (const name of [...namesAfter('param', text), ...namesAfter('var', text)]) {
      expect(text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length).toBeGreaterThan(1);
    }
  });

  it('uses every module file once, with exactly its parameters', () => {
    const modules = modulesOfMain();
    const own = [...files.keys()].filter((file) => file.startsWith('app/') && file !== 'app/types.bicep');
    expect(modules.map(({ file }) => file).sort()).toEqual(own.sort());
    for (const { file, params } of modules) {
      expect([file, params.sort()]).toEqual([file, namesAfter('param', files.get(file) ?? '').sort()]);
    }
  });

  it('asks modules only for outputs that they have', () => {
    const fileOf = new Map(modulesOfMain().map(({ symbol, file }) => [symbol, file]));
    const asked = [...main.matchAll(/(\w+)\.outputs\.(\w+)/g)];
    expect(asked.length).toBeGreaterThan(0);
    for (const [, symbol = '', output] of asked) {
      expect(namesAfter('output', files.get(fileOf.get(symbol) ?? '') ?? '')).toContain(output);
    }
  });

  it('is given by the example exactly the parameters that it has', () => {
    const example = readFileSync(join(folder, 'main.bicepparam'), 'utf8');
    expect(namesAfter('param', example).sort()).toEqual(namesAfter('param', main).sort());
  });

  it.each([...files])('holds no secret in %s', (_file, text) => {
    const secrets = [...text.matchAll(/^param (\w*(?:secret|password|key))(?: string)(.*)$/gim)];
    for (const [line, name = '', rest = ''] of secrets) {
      expect(text).toMatch(new RegExp(`@secure\\(\\)\\n(?:@.*\\n)*${line.replaceAll(/[()']/g, '\\$&')}`));
      expect([name, rest.trim()]).toEqual([name, expect.stringMatching(/^\??$/)]);
    }
    expect(text).not.toMatch(/(value|password|secret): '[^'@$]{8,}'/i);
  });

  it.each([...files].map(([file, text]) => [basename(file), text]))('balances the brackets of %s', (_file, text) => {
    const code = text
      .replaceAll(/\/\/.*$/gm, '')
      .replaceAll(/@description\('[^']*'\)/g, '')
      .replaceAll(/'(?:[^'$]|\$(?!\{)|\$\{[^}]*\})*'/g, '');
    for (const [open = '', close = ''] of ['{}', '[]', '()']) {
      expect(code.split(open).length).toBe(code.split(close).length);
    }
  });
});

describe('infra/gateway-changes.bicep', () => {
  const changes = files.get('gateway-changes.bicep') ?? '';
  const scripts = ['hooks/send-gateway-changes.sh', 'hooks/send-gateway-changes.ps1'];

  it('sends events to the function that takes them, for which the hooks wait', () => {
    const name = /functionAppName\}\/(\w+)'/.exec(changes)?.[1] ?? 'none';
    expect(readFileSync(resolve(folder, '../src/composition/watches.ts'), 'utf8')).toContain(`app.eventGrid('${name}'`);
    for (const script of scripts) {
      expect(readFileSync(join(folder, script), 'utf8')).toContain(`/functions/${name}"`);
    }
  });

  it.each(scripts)('is given exactly its parameters by %s, from outputs of the template', (script) => {
    const text = readFileSync(join(folder, script), 'utf8');
    expect([...text.matchAll(/"(\w+)=\$/g)].map(([, name]) => name)).toEqual(namesAfter('param', changes));
    const outputs = [...namesAfter('output', main), 'AZURE_SUBSCRIPTION_ID'];
    const read = [...text.matchAll(/\$(?:env:|\{)?((?:GATEHOUSE|AZURE)_\w+)/g)].map(([, name = '']) => name);
    expect(new Set(read).size).toBe(4);
    expect(read.filter((name) => !outputs.includes(name))).toEqual([]);
  });

  it('lets writes and deletions of gateways through', () => {
    expect(changes).toContain("'Microsoft.Network/virtualNetworkGateways/write'");
    expect(changes).toContain("'Microsoft.Network/virtualNetworkGateways/delete'");
  });
});

describe('infra/app/events.bicep', () => {
  it('says what could not be delivered', () => {
    expect(files.get('app/events.bicep')).toContain("metricName: 'DroppedEventCount'");
  });
});

describe('infra/app/storage.bicep', () => {
  const storage = files.get('app/storage.bicep') ?? '';

  it('keeps keys and strangers out', () => {
    expect(storage).toContain('allowSharedKeyAccess: false');
    expect(storage).toContain('allowBlobPublicAccess: false');
    expect(storage).not.toMatch(/publicAccess: '(?!None)/);
  });

  it('keeps no blob that was deleted: files that were fetched have to be gone', () => {
    expect(storage).toMatch(/deleteRetentionPolicy: \{\s+enabled: false\s/);
    expect(storage).toContain('isVersioningEnabled: false');
  });

  it('lets the application make its tables when it starts', () => {
    // Storage Table Data Contributor, on the account: tables are made, not only filled.
    expect(storage).toContain('0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3');
    expect(storage).not.toContain('tableServices');
  });
});

describe('infra/app/vault.bicep', () => {
  const vault = files.get('app/vault.bicep') ?? '';

  it('keeps deleted keys', () => {
    expect(vault).toContain('enablePurgeProtection: true');
    expect(vault).toContain('enableRbacAuthorization: true');
  });

  it('lets the application sign, make certificates, and read and set secrets', () => {
    for (const role of [
      '12338af0-0e69-4776-bea7-57ae8d297424',
      'a4417e6f-fecd-4de8-b567-7b0420556985',
      'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
    ]) {
      expect(vault).toContain(role);
    }
  });

  it('holds no secret of the application', () => {
    expect(vault).not.toContain("'Microsoft.KeyVault/vaults/secrets");
  });
});

describe('infra/app/app-vault.bicep', () => {
  const vault = files.get('app/app-vault.bicep') ?? '';

  it('holds the secrets that the application reads, by the names that it reads them by', () => {
    for (const name of Object.values(appSecretNames)) expect(vault).toMatch(new RegExp(`^ +name: '${name}'$`, 'm'));
  });

  it('lets the application read secrets, and no more', () => {
    const roles = [...vault.matchAll(/'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'/g)].map(([, id]) => id);
    // Key Vault Secrets User.
    expect(roles).toEqual(['4633458b-17de-408a-b874-0445c86b69e6']);
  });
});

describe('infra/app/arc-access.bicep', () => {
  it('gives the rights on machines and run commands that the application uses, and no other', () => {
    expect(actionsIn('app/arc-access.bicep')).toEqual([
      'Microsoft.HybridCompute/machines/read',
      'Microsoft.HybridCompute/machines/runCommands/read',
      'Microsoft.HybridCompute/machines/runCommands/write',
      'Microsoft.HybridCompute/machines/runCommands/delete',
    ]);
  });
});

describe('infra/app/inventory-access.bicep', () => {
  it('lets nothing be changed: one action has Azure list the sessions', () => {
    const actions = actionsIn('app/inventory-access.bicep');
    expect(actions).toContain('Microsoft.Network/virtualNetworkGateways/read');
    expect(actions.filter((action) => !action.endsWith('/read'))).toEqual([
      'Microsoft.Network/virtualNetworkGateways/getVpnClientConnectionHealth/action',
    ]);
  });
});

describe('infra/app/region-access.bicep', () => {
  it('gives of what builds gateways the reads that a role in resource groups cannot give', () => {
    const actions = actionsIn('app/region-access.bicep');
    expect(actions).toHaveLength(2);
    expect(actionsIn('app/gateway-role.bicep')).toEqual(expect.arrayContaining([...actions]));
  });
});

/** What the roles that a file defines let the application do. */
function actionsIn(file: string): readonly string[] {
  return [...(files.get(file) ?? '').matchAll(/^ +'(Microsoft\.\S+)'$/gm)].map(([, action = '']) => action);
}
