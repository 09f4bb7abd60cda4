/** A root or an intermediate; an intermediate names its issuer. */
interface Issued {
  readonly id: string;
  readonly issuerRootId?: string | undefined;
}

/** The id's issuers among the roots, the nearest first. */
export function issuersOf<T extends Issued>(root: T, all: readonly T[]): readonly T[] {
  const issuer = all.find(({ id }) => id === root.issuerRootId);
  return issuer === undefined ? [] : [issuer, ...issuersOf(issuer, all)];
}

/** Roots before the intermediates under them: clients build the chain in the order in which a gateway holds it. */
export function rootsFirst<T>(items: readonly T[], rootOf: (item: T) => Issued): readonly T[] {
  const all = items.map(rootOf);
  const depth = (item: T): number => issuersOf(rootOf(item), all).length;
  return items.toSorted((a, b) => depth(a) - depth(b));
}
