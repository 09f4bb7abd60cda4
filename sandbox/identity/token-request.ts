import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** A refusal in Entra ID's words: OAuth error, its own number and text. */
export interface TokenRefusal {
  readonly status: number;
  readonly error: string;
  readonly number: number;
  readonly message: string;
}

/** The one application of a stack. */
export interface Application {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Resources that the stack's emulators are called as; a scope is one of these with `/.default`. */
const resources = [
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://vault.azure.net',
  'https://storage.azure.com',
];

const formSchema = z.object({
  grant_type: z.string(),
  client_id: z.string(),
  client_secret: z.string().default(''),
  scope: z.string().default(''),
});

/** Reads a token request; answers the audience that the token is to be for, or why there is none. */
export function readTokenRequest(body: string, application: Application): { readonly audience: string } | TokenRefusal {
  const form = formSchema.safeParse(Object.fromEntries(new URLSearchParams(body)));
  if (!form.success) {
    return refusal(
      400,
      'invalid_request',
      900144,
      "The request body must contain the parameters 'grant_type' and 'client_id'.",
    );
  }
  const { grant_type: grantType, client_id: clientId, client_secret: secret, scope } = form.data;
  if (grantType !== 'client_credentials') {
    return refusal(400, 'unsupported_grant_type', 70003, `The app requested an unsupported grant type '${grantType}'.`);
  }
  if (clientId !== application.clientId) {
    return refusal(
      400,
      'unauthorized_client',
      700016,
      `Application with identifier '${clientId}' was not found in the directory.`,
    );
  }
  if (!isSame(secret, application.clientSecret)) {
    return refusal(401, 'invalid_client', 7000215, 'Invalid client secret provided.');
  }
  return audienceOf(scope);
}

function audienceOf(scope: string): { readonly audience: string } | TokenRefusal {
  // OpenID Connect scopes may stand beside the resource's; MSAL adds them to some requests.
  const asked = scope.split(' ').filter((part) => !['', 'openid', 'profile', 'offline_access'].includes(part));
  const audience = /^(.+)\/\.default$/.exec(asked.length === 1 ? (asked[0] ?? '') : '')?.[1];
  if (audience === undefined) {
    const message = `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`;
    return refusal(400, 'invalid_scope', 1002012, message);
  }
  if (!resources.includes(audience.replace(/\/$/, ''))) {
    return refusal(
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${audience} was not found in the tenant.`,
    );
  }
  return { audience };
}

function refusal(status: number, error: string, number: number, message: string): TokenRefusal {
  return { status, error, number, message };
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
