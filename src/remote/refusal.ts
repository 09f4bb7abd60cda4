import type { RemoteFault, RemoteRefusal } from '../ports/remote-runner.ts';

/** `message` is for people and goes into histories: never a secret, never text of a machine that was given one. */
export function refused(code: RemoteFault, message: string): RemoteRefusal {
  return { outcome: 'refused', code, message };
}

export function isRefused(answer: object): answer is RemoteRefusal {
  return 'outcome' in answer && answer.outcome === 'refused';
}
