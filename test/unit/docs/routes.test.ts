/** The pages against the routes: the API reference has each with the role that it needs, and no page has another. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type DescribedRoute, readDescribedRoutes } from '../../support/described-routes.ts';

const root = resolve(__dirname, '../../..');
const pages = ['.', 'docs', 'docs/decisions', 'examples', 'infra', 'sandbox'].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
    .map((name) => join(folder, name)),
);

/** The rows of the reference's section on routes: heading of the group, route, role, what it does. */
function listedRoutes(): readonly (readonly string[])[] {
  const [, section = ''] = readFileSync(join(root, 'docs/api.md'), 'utf8').split('\n## Routes\n');
  const [list = ''] = section.split('\n## ');
  return list
    .split(/^\*\*/m)
    .flatMap((group) =>
      [...group.matchAll(/^\| `(.+)` +\| (\w+) +\| (.*?) +\|$/gm)].map(([, route = '', role = '', does = '']) => [
        group.slice(0, group.indexOf('*')),
        route,
        role,
        does,
      ]),
    );
}

interface Mention {
  readonly method: string;
  readonly path: string;
  /** What was written is the end of a path: `.../roots`. */
  readonly isEnd: boolean;
}

/** What a page says of routes: `GET /api/roots/{id}`, `POST .../verify`, and what its blocks type. */
function mentionsIn(text: string): readonly Mention[] {
  const said = [...text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE) (\/api|\.\.\.)(\/[^\s`"'?,;)]+)/g)];
  const typed = [...text.matchAll(/\bapi (GET|POST|PUT|PATCH|DELETE) ["']?([^\s"'?`]+)/g)];
  return [
    ...said.map(([, method = '', start, path = '']) => ({ method, path, isEnd: start === '...' })),
    ...typed.map(([, method = '', path = '']) => ({ method, path: `/${path}`, isEnd: false })),
  ].filter(({ path }) => path !== '/...');
}

function isRoute({ method, path, isEnd }: Mention, routes: readonly DescribedRoute[]): boolean {
  const asked = path.slice(1).split('/');
  return routes.some((route) => {
    const parts = route.path.replace('/api/', '').split('/');
    const compared = isEnd ? parts.slice(-asked.length) : parts;
    return (
      route.method === method &&
      compared.length === asked.length &&
      compared.every((part, index) => part.startsWith('{') || part === asked[index])
    );
  });
}

describe('docs/api.md, routes', () => {
  it('lists every route with the least role that may, and no other', async () => {
    const routes = await readDescribedRoutes();

    expect(listedRoutes()).toEqual(
      routes.map(({ tag, method, path, role, summary }) => [tag, `${method} ${path}`, role ?? 'none', summary]),
    );
  });

  it('names and types no route that there is not, and nor does any other page', async () => {
    const routes = await readDescribedRoutes();
    const mentions = pages.flatMap((page) =>
      mentionsIn(readFileSync(join(root, page), 'utf8')).map((mention) => ({ page, ...mention })),
    );

    expect(mentions.length).toBeGreaterThan(100);
    expect(mentions.filter((mention) => !isRoute(mention, routes))).toEqual([]);
  });
});
