import { cutText } from '../domain/cut-text.ts';
import { asList, asObject, asText } from '../domain/gateway-entries.ts';
import type { JsonObject, JsonValue } from '../domain/json.ts';
import { redactSecrets } from '../domain/redact-secrets.ts';

/** What the body of an answer that is not a success says, whoever wrote it. */
export interface ErrorWords {
  /** Azure's own code, of the outermost error that has one; empty where there is none: then it is not Azure's form. */
  readonly code: string;
  readonly message: string;
  /** Codes at every level. */
  readonly codes: readonly string[];
}

const lengthMax = 4_000;
const pageMax = 20_000;
/** No error of Azure is so deep or so wide; one that is must not keep us busy. */
const depthMax = 8;
const errorsMax = 100;

interface Said {
  readonly code: string;
  readonly text: string;
}

/**
 * Reads an error body of any form: ARM's envelope, OData's, an error at top level, an OAuth one, in any letter case, a
 * sentence, a page of HTML. Details, inner errors and the policies that `additionalInfo` names are read at every level.
 */
export function readErrorWords(body: string): ErrorWords {
  const json = parseJson(body);
  if (json === undefined) return { code: '', message: tidied(withoutMarkup(body)), codes: [] };
  const said: Said[] = [];
  collect(errorIn(json), said, 0);
  const codes = said.map(({ code }) => code).filter((code) => code !== '');
  const texts = said.map(({ code, text }, index) => (index === 0 || code === '' ? text : `${code}: ${text}`));
  const message = [...new Set(texts.map((text) => text.trim()))].filter((text) => text !== '').join(' ');
  return { code: codes[0] ?? '', message: tidied(message), codes: [...new Set(codes)] };
}

/** The error itself, out of the envelope that it may be in. */
function errorIn(json: JsonValue): JsonValue {
  if (typeof json !== 'object') return json;
  const object = lowered(asObject(json));
  const inside = object['error'] ?? object['odata.error'];
  if (inside === undefined || inside === null) return json;
  const description = asText(object['error_description']);
  return typeof inside === 'string' && description !== '' ? { code: inside, message: description } : inside;
}

function collect(error: JsonValue | undefined, said: Said[], depth: number): void {
  if (said.length >= errorsMax || depth > depthMax || error === undefined || error === null) return;
  if (typeof error === 'string') {
    collectText('', error, said, depth);
    return;
  }
  if (Array.isArray(error)) {
    for (const item of error as readonly JsonValue[]) collect(item, said, depth + 1);
    return;
  }
  const fields = lowered(asObject(error));
  const message = fields['message'];
  const text = typeof message === 'string' ? message : asText(lowered(asObject(message))['value']);
  collectText(asText(fields['code']) || asText(fields['errorcode']), text, said, depth);
  for (const name of ['error', 'details', 'innererror']) collect(fields[name], said, depth + 1);
  for (const item of asList(fields['additionalinfo'])) collectInfo(lowered(asObject(item)), said, depth + 1);
}

/** Some providers put a whole error, as JSON, where the sentence belongs. */
function collectText(code: string, text: string, said: Said[], depth: number): void {
  const nested = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  said.push({ code, text: nested === undefined ? withoutMarkup(text) : '' });
  if (nested !== undefined) collect(errorIn(nested), said, depth + 1);
}

/** A policy is known to people by its display name; other information may be an error of its own. */
function collectInfo(item: JsonObject, said: Said[], depth: number): void {
  const info = lowered(asObject(item['info']));
  const names = ['policysetdefinitiondisplayname', 'policydefinitiondisplayname', 'policyassignmentdisplayname'];
  const policies = names.map((name) => asText(info[name])).filter((name) => name !== '');
  if (policies.length > 0) said.push({ code: '', text: `Policy: ${[...new Set(policies)].join(', ')}.` });
  else collect(info, said, depth);
}

function lowered(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name.toLowerCase(), value]));
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** What a person would see of a page. Azure's own sentences have their `<name>`s kept. */
function withoutMarkup(text: string): string {
  if (!/<(?:!doctype|html|body|head|center|h1|\?xml)\b/i.test(text)) return text;
  return text
    .slice(0, pageMax)
    .replaceAll(/<(script|style|head)\b[^>]*>[\s\S]*?<\/\1>/gi, ' ')
    .replaceAll(/<\/?[a-z!?][^<>]{0,2000}>/gi, ' ')
    .replaceAll(/&nbsp;/gi, ' ');
}

/** On one line, bounded, and without addresses that are keys: Azure names its signed operation URLs in refusals. */
function tidied(text: string): string {
  const line = text
    .slice(0, 2 * lengthMax)
    .replaceAll(/(https?:\/\/[^\s?"'<>]{1,2000}\/operation(?:s|results)\/[^\s?"'<>]{1,200})\?[^\s"'<>]*/gi, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return cutText(redactSecrets(line), lengthMax);
}
