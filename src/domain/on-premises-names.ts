// Names that requests and the steps' contracts take alike: what a route lets in is what a machine gets.

/** Of at least two labels, the last beginning with a letter: no address. */
export const fqdnPattern =
  /^(?=.{4,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
export const cloudNamePattern = /^[A-Za-z0-9_-]{1,64}$/;
/** A SHA-256 digest in lower-case hex. */
export const sha256Pattern = /^[0-9a-f]{64}$/;
/** A UNC path. */
export const sharePattern = /^\\\\[A-Za-z0-9.-]+(\\[A-Za-z0-9._$-]+)+$/;
/** A server, with an instance or a port where there is one. */
export const sqlServerPattern = /^[A-Za-z0-9][A-Za-z0-9.-]*(\\[A-Za-z0-9_$]+)?(,\d{1,5})?$/;
