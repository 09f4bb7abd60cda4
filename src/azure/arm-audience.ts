/** Tokens are for Azure's management audience, whatever address the endpoint has. */
export function audienceOf(endpoint: string): string {
  return new URL(endpoint).hostname.startsWith('management.') ? endpoint : 'https://management.azure.com';
}
