import { compileRoute } from '../../../sandbox/runtime/http/route-template.ts';

describe('sandbox/runtime/http/route-template', () => {
  it.each([
    ['api/items', '/API/Items/', {}],
    ['api/items/{id}', '/api/items/a%20b', { id: 'a b' }],
    ['api/items/{id?}', '/api/items', {}],
    ['api/items/{id=first}', '/api/items', { id: 'first' }],
    ['api/{*rest}', '/api/a/b/c', { rest: 'a/b/c' }],
    ['api/{*rest}', '/api', {}],
    ['api/{name}.{extension}', '/api/file.tar', { name: 'file', extension: 'tar' }],
    ['api/{id:int}/{flag:bool}', '/api/12/true', { id: '12', flag: 'true' }],
    ['api/{id:guid}', '/api/7f2f4f8e-1b1c-4f6e-8c58-0d4f9ad3a3b1', { id: '7f2f4f8e-1b1c-4f6e-8c58-0d4f9ad3a3b1' }],
    ['api/{id:int:range(1,5)}', '/api/5', { id: '5' }],
    [String.raw`api/{code:regex(^\d{{2}}$)}`.replaceAll('{{', '{').replaceAll('}}', '}'), '/api/12', { code: '12' }],
  ])('matches %s against %s', (template, path, expected) => {
    expect(compileRoute(template)(path)).toEqual(expected);
  });

  it.each([
    ['api/items/{id}', '/api/items'],
    ['api/items/{id}', '/api/items/a/b'],
    ['api/items', '/api/item'],
    ['api/{id:int}', '/api/x'],
    ['api/{id:range(1,5)}', '/api/6'],
    ['api/{id:length(3)}', '/api/ab'],
    ['api/{id:minlength(3)}', '/api/ab'],
    ['api/{id:alpha}', '/api/a1'],
    ['api/a.b', '/api/axb'],
  ])('does not match %s against %s', (template, path) => {
    expect(compileRoute(template)(path)).toBeUndefined();
  });

  it('refuses an unknown constraint', () => {
    expect(() => compileRoute('api/{id:prime}')).toThrow("The route constraint 'prime'");
  });
});
