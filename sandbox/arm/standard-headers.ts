/** The headers that ARM puts on every answer. */
export function standardHeaders(ids: {
  readonly requestId: string;
  readonly correlationId: string;
  readonly now: Date;
  readonly clientRequestId: string | undefined;
  readonly isNetwork: boolean;
}): Record<string, string> {
  const stamp = ids.now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return {
    'cache-control': 'no-cache',
    pragma: 'no-cache',
    expires: '-1',
    'x-ms-request-id': ids.requestId,
    'x-ms-correlation-request-id': ids.correlationId,
    'x-ms-routing-request-id': `SANDBOX:${stamp}:${ids.correlationId}`,
    ...(ids.isNetwork ? { 'x-ms-arm-service-request-id': ids.requestId } : {}),
    ...(ids.clientRequestId === undefined ? {} : { 'x-ms-client-request-id': ids.clientRequestId }),
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    'x-content-type-options': 'nosniff',
  };
}
