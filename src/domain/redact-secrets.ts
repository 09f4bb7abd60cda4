import { cutText } from './cut-text.ts';

const redacted = '[redacted]';

/** What looks like a secret in a text: query parameters of signed URLs and keys, tokens, key material. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,20000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, redacted],
  [
    /([?&;](?:sig|code|se|sp|sv|st|skoid|sktid|token|access_token|client_secret|password)=)[^&\s"'<>]{1,4000}/gi,
    `$1${redacted}`,
  ],
  [/\b(Bearer|Basic|SharedKey(?:Lite)?)\s+[A-Za-z0-9._~+/=:-]{8,8000}/gi, `$1 ${redacted}`],
  [/\beyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{1,8000}\.[A-Za-z0-9_-]{0,4000}/g, redacted],
  [
    /\b((?:AccountKey|SharedAccessSignature|x-api-key|x-functions-key)["']?\s*[=:]\s*["']?)[^;\s"',]{1,4000}/gi,
    `$1${redacted}`,
  ],
  [/(\/downloads\?token=)[A-Za-z0-9_-]{16,100}/g, `$1${redacted}`],
  [/\bwhsec_[A-Za-z0-9+/=_-]{1,400}/g, redacted],
];

const lengthMax = 8000;

/** The text as it may be logged: bounded, and without what looks like a secret. */
export function redactSecrets(text: string): string {
  return rules.reduce((safe, [pattern, replacement]) => safe.replace(pattern, replacement), cutText(text, lengthMax));
}
