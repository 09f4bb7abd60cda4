import type { EventGridEvent } from '../platform/event-grid-event.ts';
import { type RunningService, type ServiceResponse, startHttpsService } from '../platform/https-service.ts';
import type { ServiceHost } from '../platform/service-host.ts';
import type { StateFile } from '../platform/state-file.ts';
import type { ArmContext } from './arm-call.ts';
import { handleRequest, type RequestHandling } from './arm-requests.ts';
import {
  type ArmState,
  type Caller,
  createArmState,
  openArmState,
  type RoleAssignment,
  type StoredSession,
} from './arm-state.ts';
import { assignRole } from './authorization.ts';
import { type EndedChange, toChangeEvent, toEndedChange } from './change-events.ts';
import { apiVersions } from './front-end.ts';
import { gatewaysForVpn, type VpnGatewayState } from './gateways/applied-gateway.ts';
import { connectSession, endSession, listSessions, type NewSession } from './gateways/sessions.ts';
import { type HybridMachines, noMachines } from './hybrid-compute/hybrid-machines.ts';
import { withoutProtectedValues } from './hybrid-compute/without-protected-values.ts';
import { operationDefinitions } from './operation-definitions.ts';
import { resumeOperations } from './operations.ts';
import type { Namespace } from './route-table.ts';
import { TokenBuckets } from './token-buckets.ts';

export interface ArmOptions {
  /** The machines that Arc knows; none unless told. */
  readonly machines?: HybridMachines | undefined;
  /** 0 picks a free one. */
  readonly port: number;
  /** Takes the event of each change that has ended. */
  readonly publishEvent: (event: EventGridEvent) => void;
}

/** The running emulator, with the calls that the stack's control and the VPN emulator use. */
export interface RunningArm extends RunningService {
  /**
   * A change by somebody else, "portal": same validation, same operations, same events. `path` may lack the
   * api-version.
   */
  putAsSomebodyElse(method: string, path: string, body: unknown): Promise<ServiceResponse>;
  /** Records a connection; throws SessionRefused when the gateway would refuse the client. */
  connectSession(session: NewSession): StoredSession;
  /** The client went away by itself. */
  endSession(id: string): void;
  listSessions(): StoredSession[];
  /** Every gateway that has come up, as it runs now. */
  gatewaysForVpn(): VpnGatewayState[];
  /** Called with the connection id of each session that ARM cuts. */
  onSessionDisconnect(listener: (sessionId: string) => void): void;
  /** Says what an identity may do in a scope; until then it may do everything. */
  assignRole(assignment: RoleAssignment): void;
  /** Forgets every resource, operation and session. */
  reset(): void;
  /** Writes the state now: for the end of the process. */
  flush(): void;
}

interface Parts extends RequestHandling {
  readonly file: StateFile<ArmState>;
  readonly listeners: ((sessionId: string) => void)[];
}

const portal: Caller = { appId: 'portal', objectId: 'portal' };

/** Starts ARM on 127.0.0.1; operations that were running when it last ended go on. */
export async function startArm(host: ServiceHost, options: ArmOptions): Promise<RunningArm> {
  const parts = assemble(host, options);
  const service = await startHttpsService(
    {
      ...host,
      name: 'arm',
      record: (exchange) => {
        host.record?.(withoutProtectedValues(exchange));
      },
      errorBody: (code, message) => ({ error: { code, message } }),
      handle: (request) => handleRequest(parts, request),
    },
    options.port,
  );
  resumeOperations(parts.context);
  return controlOf(parts, service);
}

function assemble(host: ServiceHost, options: ArmOptions): Parts {
  const file = openArmState(host.directory);
  const listeners: Parts['listeners'] = [];
  function publish(change: EndedChange): void {
    options.publishEvent(toChangeEvent(host, change));
  }
  const context: ArmContext = {
    host,
    state: file.value,
    definitions: operationDefinitions,
    machines: options.machines ?? noMachines,
    save() {
      file.save();
    },
    publishEnd(operation) {
      publish(toEndedChange(operation));
    },
    disconnectSession(id) {
      for (const listener of listeners) listener(id);
    },
  };
  return { context, buckets: new TokenBuckets(host.clock), publish, file, listeners };
}

function controlOf(parts: Parts, service: RunningService): RunningArm {
  const { context, file } = parts;
  return {
    url: service.url,
    port: service.port,
    isIdle: () => service.isIdle(),
    close: () => service.close(),
    putAsSomebodyElse: (method, path, body) =>
      putAsPortal(parts, method.toUpperCase(), new URL(path, service.url), body),
    connectSession: (session) => connectSession(context, session),
    endSession(id) {
      endSession(context, id);
    },
    listSessions: () => listSessions(context),
    gatewaysForVpn: () => gatewaysForVpn(context),
    onSessionDisconnect(listener) {
      parts.listeners.push(listener);
    },
    assignRole(assignment) {
      assignRole(context, assignment);
    },
    reset() {
      // Operations that are still scheduled find themselves forgotten: see finishOperation.
      Object.assign(file.value, createArmState());
      parts.buckets.clear();
      file.save();
    },
    flush() {
      file.flush();
    },
  };
}

async function putAsPortal(parts: Parts, method: string, url: URL, body: unknown): Promise<ServiceResponse> {
  const { host } = parts.context;
  const namespace = namespaceOf(url.pathname);
  if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', apiVersions[namespace]);
  const content = Buffer.from(JSON.stringify(body ?? {}));
  const response = await handleRequest(parts, { method, url, headers: {}, body: content }, portal);
  host.journal.add({
    at: host.clock.now().toISOString(),
    service: 'arm',
    method,
    path: url.pathname + url.search,
    status: response.status,
    principal: portal.appId,
  });
  return response;
}

function namespaceOf(path: string): Namespace {
  if (/\/Microsoft\.Network\//i.test(path)) return 'Microsoft.Network';
  return /\/Microsoft\.HybridCompute\//i.test(path) ? 'Microsoft.HybridCompute' : 'Microsoft.Resources';
}
