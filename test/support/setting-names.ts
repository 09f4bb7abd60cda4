import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const text = readFileSync(resolve(__dirname, '../../src/config/settings.ts'), 'utf8');
const schema = /^const settingsSchema = z\.object\(\{\n([^]*?)^\}\);/m.exec(text)?.[1] ?? '';

/** Names of the settings that the application itself reads. */
export const settingNames: readonly string[] = [...schema.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name ?? '');
