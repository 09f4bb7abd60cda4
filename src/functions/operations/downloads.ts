import { z } from 'zod';
import { AppError } from '../../domain/app-error.ts';
import type { Downloads } from '../../services/operations/downloads.ts';
import { attachmentHeader } from '../http/attachment-header.ts';
import { defineRoute } from '../http/define-route.ts';
import type { Route, RouteAnswer } from '../http/route.ts';
import { downloadHeaders, downloadPage, noDownloadPage, noDownloadText } from './download-page.ts';

// Any text: one that cannot be a token is answered as one that is not known. Mail programs and portals add parameters
// of their own to links. Not in the path: of that the host tells whoever collects its spans.
const query = z.object({
  token: z.string().default('').meta({ description: 'From the link, 43 characters of base64url. Secret.' }),
});
const tags = ['Downloads'];
const secretQuery = ['token'];

/** The routes for whoever has a link. Looking at one uses nothing up; fetching counts. */
export function downloadRoutes({
  downloads,
}: {
  readonly downloads: Pick<Downloads, 'describe' | 'deliver'>;
}): readonly Route[] {
  const isOpenedBy = async ({ token = '' }: Readonly<Record<string, string>>): Promise<boolean> =>
    (await downloads.describe(token)) !== undefined;

  const getDownload = defineRoute({
    name: 'getDownload',
    method: 'GET',
    path: 'downloads',
    action: 'download.look',
    role: 'keyless',
    summary: 'A page about the file behind a link, with a button that fetches it. Opening the page uses up no try.',
    tags,
    secretQuery,
    isOpenedBy,
    request: { query },
    responses: { 200: undefined, 404: undefined },
    handler: async (request) => {
      const waiting = await downloads.describe(request.query.token);
      return waiting === undefined ? missingPage() : htmlAnswer(200, downloadPage(waiting));
    },
  });

  const takeDownload = defineRoute({
    name: 'takeDownload',
    method: 'POST',
    path: 'downloads',
    action: 'download.take',
    role: 'keyless',
    summary: 'The file behind a link: at most three times within ten minutes of the first.',
    tags,
    secretQuery,
    isOpenedBy,
    request: { query },
    responses: { 200: undefined },
    handler: async (request) => {
      const file = await downloads.deliver(request.query.token);
      if (file !== undefined) {
        const { content, contentType, fileName } = file;
        const headers = { ...downloadHeaders, 'content-disposition': attachmentHeader(fileName) };
        return { status: 200, bytes: { content, contentType }, headers };
      }
      // A browser that pressed the button shows what it gets.
      if (request.headers.get('accept')?.includes('text/html') === true) return missingPage();
      throw new AppError('ERR_NOT_FOUND', noDownloadText);
    },
  });

  return [getDownload, takeDownload];
}

function missingPage(): RouteAnswer {
  return htmlAnswer(404, noDownloadPage());
}

function htmlAnswer(status: number, content: string): RouteAnswer {
  return { status, bytes: { content, contentType: 'text/html; charset=utf-8' }, headers: downloadHeaders };
}
