/** Maps the items in order, `size` of them at a time: parallel reads without flooding the service. */
export async function mapInGroups<T, R>(
  items: readonly T[],
  size: number,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const mapped: R[] = [];
  for (let start = 0; start < items.length; start += size) {
    mapped.push(...(await Promise.all(items.slice(start, start + size).map((item) => map(item)))));
  }
  return mapped;
}
