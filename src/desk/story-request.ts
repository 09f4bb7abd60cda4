import type { Orchestrations } from '../ports/orchestrations.ts';

/** Who asks for a story, under which operation, and where it runs. */
export interface StoryRequest {
  readonly operationId: string;
  readonly requestedBy: string;
  readonly orchestrations: Orchestrations;
}
