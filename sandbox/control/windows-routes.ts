import type { z } from 'zod';
import type { ControlRequest, ControlRoute } from './control-server.ts';
import { ControlProblem } from './problem.ts';

/** Reads the body of a request by a schema, or throws what is wrong with it. */
export type ReadBody = <T>(schema: z.ZodType<T>) => T;

/** What the control routes ask of the simulated Windows machines; the shapes of bodies are theirs. */
export interface WindowsControl {
  /** The machines as they are now, and how they are reached. */
  describe(): unknown;
  /** Takes another world in place of this one; answers how its machines are reached. */
  define(read: ReadBody): Promise<unknown>;
  addFault(read: ReadBody): unknown;
  /** Takes back the faults that nothing met yet, and brings machines back onto their network. */
  clearFaults(): void;
  /** Every command so far: machine, step, mode, when it began and ended. */
  history(): readonly unknown[];
  /** A VPN client that dials in: connected, or the error code that Windows would show. */
  connectVpn(read: ReadBody): unknown;
  /** A person at a machine's keyboard runs a script; answers what is on the screen at its end. */
  type(read: ReadBody): Promise<unknown>;
  /** What a tenant of a cloud sees; undefined when there is no such cloud. */
  tenantView(cloud: string): unknown;
}

/** Routes to the machines as somebody else has them in hand: what breaks, who dials in, what there is to see. */
export function windowsRoutes(windows: WindowsControl): ControlRoute[] {
  return [
    { method: 'GET', path: '/windows', handle: () => ({ status: 200, body: windows.describe() }) },
    {
      method: 'PUT',
      path: '/windows/world',
      handle: async (request) => ({ status: 200, body: await windows.define(bodyOf(request)) }),
    },
    {
      method: 'POST',
      path: '/windows/faults',
      handle: (request) => ({ status: 200, body: windows.addFault(bodyOf(request)) }),
    },
    {
      method: 'DELETE',
      path: '/windows/faults',
      handle: () => {
        windows.clearFaults();
        return { status: 200, body: {} };
      },
    },
    { method: 'GET', path: '/windows/history', handle: () => ({ status: 200, body: windows.history() }) },
    {
      method: 'POST',
      path: '/windows/vpn-connections',
      handle: (request) => ({ status: 200, body: windows.connectVpn(bodyOf(request)) }),
    },
    {
      method: 'POST',
      path: '/windows/typed-commands',
      handle: async (request) => ({ status: 200, body: await windows.type(bodyOf(request)) }),
    },
    {
      method: 'GET',
      path: '/windows/tenant-view/:cloud',
      handle: ({ params }) => {
        const cloud = params['cloud'] ?? '';
        const body = windows.tenantView(cloud);
        if (body === undefined) throw new ControlProblem(404, 'notFound', `There is no cloud ${cloud}.`);
        return { status: 200, body };
      },
    },
  ];
}

function bodyOf(request: ControlRequest): ReadBody {
  return (schema) => request.body(schema);
}
