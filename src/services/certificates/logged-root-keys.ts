import type { Log } from '../../ports/log.ts';
import type { KeyAnswer, RootKeys } from '../../ports/root-keys.ts';

/**
 * The same keys, with every signature told before it is asked for and after: of each use of a root's key there are two
 * lines, also where the second says that nobody knows what became of it.
 */
export function logSignatures(
  rootKeys: RootKeys,
  { log, now }: { readonly log: Log; readonly now: () => Date },
): RootKeys {
  return {
    ...rootKeys,
    sign: async (keyId, digest) => {
      const begunMs = now().getTime();
      const target = keyId.replace(/^https:\/\/[^/]*\//, '');
      const tell = (told: SignatureTold): void => {
        log({ event: 'key.signature', target, ...told, seconds: (now().getTime() - begunMs) / 1000 });
      };
      log({ event: 'key.signature', target, outcome: 'asked' });
      try {
        const answer = await rootKeys.sign(keyId, digest);
        tell(toldOf(answer));
        return answer;
      } catch (error: unknown) {
        tell({ outcome: 'failed' });
        throw error;
      }
    },
  };
}

interface SignatureTold {
  readonly outcome: 'made' | 'busy' | 'refused' | 'failed';
  readonly code?: string;
}

function toldOf(answer: KeyAnswer<unknown>): SignatureTold {
  switch (answer.outcome) {
    case 'done':
      return { outcome: 'made' };
    case 'busy':
      return { outcome: 'busy' };
    case 'refused':
      return { outcome: 'refused', code: answer.code };
  }
}
