import { createHmac } from 'node:crypto';
import type { RuntimeKeys } from '../settings.ts';
import type { HostRequest } from './messages.ts';
import { headerOf } from './messages.ts';

export type SystemExtension = 'durabletask' | 'eventgrid';

/**
 * Tells whether a caller's key opens a route. Host and function keys are derived from the master key, so none is
 * stored.
 */
export class AuthKeys {
  private readonly keys: RuntimeKeys;
  private readonly functionNames: () => readonly string[];

  constructor(keys: RuntimeKeys, functionNames: () => readonly string[]) {
    this.keys = keys;
    this.functionNames = functionNames;
  }

  hostKey(): string {
    return this.derive('host');
  }

  functionKey(functionName: string): string {
    return this.derive(`function:${functionName.toLowerCase()}`);
  }

  systemKey(extension: SystemExtension): string {
    return extension === 'durabletask' ? this.keys.durable : this.keys.eventGrid;
  }

  isMaster(request: HostRequest): boolean {
    return keyOf(request) === this.keys.master;
  }

  opensExtension(request: HostRequest, extension: SystemExtension): boolean {
    const key = keyOf(request);
    return key === this.systemKey(extension) || key === this.keys.master;
  }

  /** Whether the key opens functions: the host knows its caller then, and still does not let it at an extension. */
  isOfFunctions(request: HostRequest): boolean {
    const key = keyOf(request);
    return key === this.hostKey() || this.functionNames().some((name) => key === this.functionKey(name));
  }

  opensFunction(request: HostRequest, functionName: string, authLevel: string): boolean {
    switch (authLevel.toLowerCase()) {
      case 'anonymous':
        return true;
      case 'function':
        return this.opensFunctionLevel(keyOf(request), functionName);
      default:
        return this.isMaster(request);
    }
  }

  private opensFunctionLevel(key: string | undefined, functionName: string): boolean {
    return key === this.functionKey(functionName) || key === this.hostKey() || key === this.keys.master;
  }

  private derive(purpose: string): string {
    return createHmac('sha256', this.keys.master).update(purpose).digest('base64url');
  }
}

/** The header wins over the query, also when the header's key is wrong. */
function keyOf(request: HostRequest): string | undefined {
  return headerOf(request, 'x-functions-key') ?? request.url.searchParams.get('code') ?? undefined;
}
