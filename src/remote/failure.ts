import type { RemoteFailure, RemoteFault } from '../ports/remote-runner.ts';

/** `message` is for people and goes into histories: never a secret, never text of a machine that was given one. */
export function failed(fault: RemoteFault, message: string): RemoteFailure {
  return { outcome: 'failed', fault, message };
}

export function isFailed(answer: object): answer is RemoteFailure {
  return 'outcome' in answer && answer.outcome === 'failed';
}
