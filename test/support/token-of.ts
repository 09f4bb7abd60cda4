/** The secret in a link to a download. */
export function tokenOf(link: string): string {
  const token = new URL(link, 'https://gatehouse.example').searchParams.get('token');
  if (token === null) throw new Error('The link has no token.');
  return token;
}
