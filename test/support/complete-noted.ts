import type { ServicesWorld } from './services-world.ts';

/** What the sweep does for unfinished certificates or roots once their notes are old. */
export async function completeNoted(world: ServicesWorld, kind: 'certificate' | 'root'): Promise<void> {
  const whose = kind === 'certificate' ? world.certificates : world.roots;
  for (const thing of await world.unfinished.list(kind)) {
    if ((await whose.complete(thing.id)) === undefined) await world.unfinished.drop(thing);
  }
}
