import type { RecordedExchange } from '../../platform/traffic-recorder.ts';
import { asObjects, isObject, type JsonObject, propertiesOf } from '../json-object.ts';

const hidden = 'XXXXX';

/** An exchange as it may be recorded: a run command's protected values and password are left out. */
export function withoutProtectedValues(exchange: RecordedExchange): RecordedExchange {
  const { body } = exchange.liveRequest;
  if (!isObject(body) || !/\/runCommands\//i.test(exchange.liveRequest.url)) return exchange;
  const properties = hideValues(propertiesOf(body));
  return { ...exchange, liveRequest: { ...exchange.liveRequest, body: { ...body, properties } } };
}

function hideValues(properties: JsonObject): JsonObject {
  const { runAsPassword, protectedParameters, ...shown } = properties;
  return {
    ...shown,
    ...(runAsPassword === undefined ? {} : { runAsPassword: hidden }),
    ...(protectedParameters === undefined
      ? {}
      : { protectedParameters: asObjects(protectedParameters).map((each) => ({ ...each, value: hidden })) }),
  };
}
