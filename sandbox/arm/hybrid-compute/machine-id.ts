/** The group and the name in the id of a machine's resource, which this emulator made itself. */
export function parseMachineId(id: string): { readonly group: string; readonly name: string } {
  const [, , , , group = '', , , , name = ''] = id.split('/');
  return { group, name };
}
