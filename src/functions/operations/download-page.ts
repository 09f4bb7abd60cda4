import type { WaitingDownload } from '../../services/operations/downloads.ts';
import { escapeHtml } from '../http/escape-html.ts';

/**
 * For every answer behind a link that is a secret: no script, nothing from elsewhere, no trace of the address anywhere.
 */
export const downloadHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex, nofollow',
  'x-frame-options': 'DENY',
};

/** The page that a link opens. Mail scanners and previews open it too, so the file comes by the button only. */
export function downloadPage({ fileName, sizeBytes, howTo, triesLeft, until }: WaitingDownload): string {
  return page(
    'Download',
    `<p><strong>${escapeHtml(fileName)}</strong>, ${sizeBytes} bytes.</p>
<p>It can be fetched until ${until.slice(0, 16).replace('T', ' ')} UTC. Once you have begun, it can be fetched again for ten minutes;
${triesLeft} of 3 tries are left. After that it is gone.</p>
<form method="post"><button type="submit">Download</button></form>
${howTo === '' ? '' : `<h2>When you have it</h2>\n<p>${escapeHtml(howTo)}</p>\n`}<p>The file is meant for you alone. Do not pass on the link or the file.</p>`,
  );
}

export const noDownloadText = 'This link is not known, has been used up or has expired. Ask for a new one.';

export function noDownloadPage(): string {
  return page('No download', `<p>${noDownloadText}</p>`);
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${title}</title></head>
<body>
<h1>${title}</h1>
${content}
</body>
</html>
`;
}
