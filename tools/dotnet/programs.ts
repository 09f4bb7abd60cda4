/** Where the programs are that come as packages of .NET, and what brings them. Only what Node has built in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a person types, in the project's folder, to bring every program that is missing. */
export const restoreCommand = 'dotnet restore tools/dotnet';

/** Files of the programs, of the versions that programs.csproj names. */
export const dotnetPrograms = {
  bicep: join(packageFolder('Azure.Bicep.CommandLine.linux-x64'), 'tools', 'bicep'),
  /** Started by `dotnet`; it needs the runtime of .NET 10. */
  pwsh: join(packageFolder('PowerShell'), 'tools', 'net10.0', 'any', 'unix', 'pwsh.dll'),
} as const;

function packageFolder(name: string): string {
  const project = readFileSync(join(import.meta.dirname, 'programs.csproj'), 'utf8');
  const version = new RegExp(`Include="${name.replaceAll('.', '\\.')}" Version="\\[([^\\]]+)\\]"`).exec(project)?.[1];
  if (version === undefined) throw new Error(`programs.csproj does not name a version of ${name}.`);
  return join(import.meta.dirname, 'packages', name.toLowerCase(), version);
}
