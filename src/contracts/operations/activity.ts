/**
 * The name under which an activity is registered, with the types that cross the Durable boundary as JSON. Names are
 * stored in histories: a changed meaning gets a new name.
 */
export interface ActivityReference<Input, Output> {
  readonly name: string;
  /** Only for the compiler: never present. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

export function activityReference<Input, Output>(name: string): ActivityReference<Input, Output> {
  return { name };
}

/** The function that runs a referenced activity. */
export type ActivityOf<Reference> =
  Reference extends ActivityReference<infer Input, infer Output> ? (input: Input) => Promise<Output> : never;

/** The functions that run a group of references, by the same names. */
export type ActivitiesOf<References extends object> = {
  readonly [Name in keyof References]: ActivityOf<References[Name]>;
};
