/**
 * A certificate's name in the one form in which names are compared: NFKC, without letter case, without a leading `CN=`.
 * Azure's session list carries nothing of a certificate but its name, in a form that differs between gateways; two
 * names that could be taken for one another by any of them must come out equal here.
 */
export function comparableName(text: string): string {
  const bare = text
    .normalize('NFKC')
    .trim()
    .replace(/^CN\s*=\s*/i, '');
  // To upper case first: that is where ß and SS, ſ and S meet, which have different lower-case letters.
  return bare.toUpperCase().toLowerCase().normalize('NFKC');
}
