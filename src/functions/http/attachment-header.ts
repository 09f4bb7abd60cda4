/**
 * Content-Disposition for a file to be saved (RFC 6266): the name in ASCII for old clients, and whole in UTF-8 (RFC
 * 8187). The name has no control characters and no half of a surrogate pair.
 */
export function attachmentHeader(fileName: string): string {
  const plain = fileName.replaceAll(/[^A-Za-z0-9._ -]/g, '_');
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
