import { z } from 'zod';
import { type ArmCall, readBody } from '../arm-call.ts';
import { ArmRefusal, refuseAtGateway } from '../arm-refusal.ts';
import type { ProtectedValues } from '../arm-state.ts';
import { asText, type JsonObject } from '../json-object.ts';
import { readLocation } from '../locations.ts';
import { tagsSchema } from '../put-resource.ts';
import type { HybridMachine } from './hybrid-machines.ts';

const parameters = z.array(z.strictObject({ name: z.string().min(1), value: z.string() }));
const managedIdentity = z.strictObject({ clientId: z.string().optional(), objectId: z.string().optional() });

const propertiesSchema = z.strictObject({
  source: z.strictObject({
    script: z.string().min(1).optional(),
    scriptUri: z.string().optional(),
    commandId: z.string().optional(),
    scriptUriManagedIdentity: managedIdentity.optional(),
  }),
  parameters: parameters.optional(),
  protectedParameters: parameters.optional(),
  asyncExecution: z.boolean().optional(),
  runAsUser: z.string().min(1).optional(),
  runAsPassword: z.string().min(1).optional(),
  timeoutInSeconds: z.int().min(1).max(2_147_483_647).optional(),
  outputBlobUri: z.url({ protocol: /^https$/ }).optional(),
  errorBlobUri: z.url({ protocol: /^https$/ }).optional(),
  outputBlobManagedIdentity: managedIdentity.optional(),
  errorBlobManagedIdentity: managedIdentity.optional(),
});
const bodySchema = z.looseObject({ tags: tagsSchema.optional(), properties: propertiesSchema });
type Properties = z.infer<typeof propertiesSchema>;

/** A PUT's body as it is kept: what may be shown, and what may not. */
export interface ReadRunCommand {
  readonly location: string;
  readonly tags: JsonObject | undefined;
  readonly properties: JsonObject;
  readonly protectedValues: ProtectedValues;
}

/**
 * Reads and judges the body of a PUT; what the local stack cannot do is refused with 501 rather than done otherwise.
 */
export function readRunCommand(call: ArmCall, machine: HybridMachine): ReadRunCommand {
  const body = readBody(call);
  const location = readLocation(body, 'Microsoft.HybridCompute/machines/runCommands');
  if (location !== machine.location) {
    throw refuse(`The location '${location}' is not that of the machine, '${machine.location}'.`);
  }
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success) {
    const places = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw refuse(places.join('; '));
  }
  const { tags, properties } = parsed.data;
  checkProperties(properties);
  const { protectedParameters = [], runAsPassword, ...shown } = properties;
  return {
    location,
    tags,
    properties: {
      parameters: [],
      timeoutInSeconds: 5400,
      ...shown,
      // Names are shown, values never.
      protectedParameters: protectedParameters.map(({ name }) => ({ name, value: '' })),
    },
    protectedValues: { parameters: protectedParameters, ...(runAsPassword === undefined ? {} : { runAsPassword }) },
  };
}

function checkProperties(properties: Properties): void {
  const { source } = properties;
  const given = [source.script, source.scriptUri, source.commandId].filter((value) => value !== undefined);
  if (given.length !== 1) throw refuse('Exactly one of script, scriptUri and commandId has to be given.');
  if (source.script === undefined) throw notHere('a run command whose source is not a script');
  if (properties.asyncExecution !== true) throw notHere('a run command with asyncExecution false');
  if ((properties.runAsUser === undefined) !== (properties.runAsPassword === undefined)) {
    throw refuse('runAsUser and runAsPassword have to be given together.');
  }
  const identities = [properties.outputBlobManagedIdentity, properties.errorBlobManagedIdentity];
  if (identities.some((identity) => asText(identity?.clientId ?? identity?.objectId) !== undefined)) {
    throw notHere('a user-assigned identity of a machine');
  }
}

function refuse(message: string): ArmRefusal {
  return new ArmRefusal(400, 'BadRequest', message, { fromProvider: false });
}

function notHere(what: string): ArmRefusal {
  return refuseAtGateway(501, 'NotImplemented', `The local stack does not have ${what}.`);
}
