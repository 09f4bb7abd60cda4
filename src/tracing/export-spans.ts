import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { version } from '../version.ts';

/**
 * Sends spans as OTLP over HTTP (protobuf) from now on. Whereto, with which headers and under which name is read by the packages
 * themselves from OpenTelemetry's own settings (`OTEL_EXPORTER_OTLP_*`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`). Answers what sends
 * the rest and ends it.
 */
export function exportSpans(): () => Promise<void> {
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'gatehouse', 'service.version': version }))
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  carryToOrchestrations();
  return () => provider.shutdown();
}

/**
 * The durable client starts an orchestration over HTTP and cannot be told to say for whom. Without the trace's header the
 * activities would be in no trace, or each in one of its own.
 */
function carryToOrchestrations(): void {
  subscribe('http.client.request.created', (message) => {
    // What Node publishes there (its manual, "Diagnostics Channel", HTTP).
    const { request } = message as { readonly request: ClientRequest };
    if (!request.path.includes('/durabletask/orchestrators/')) return;
    propagation.inject(context.active(), request, { set: (to, name, value) => to.setHeader(name, value) });
  });
}
