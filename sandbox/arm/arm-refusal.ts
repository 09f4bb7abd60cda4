import type { ServiceResponse } from '../platform/https-service.ts';

/** One entry of an error's `details`. */
export interface RefusalDetail {
  readonly code: string;
  readonly message: string;
}

export interface RefusalOptions {
  readonly details?: readonly RefusalDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  /** False for the errors that ARM itself makes: only the Network provider always sends `details`. */
  readonly fromProvider?: boolean;
}

/** The error that Azure answers with. Handlers throw it; the service turns it into the envelope. */
export class ArmRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly options: RefusalOptions;

  constructor(status: number, code: string, message: string, options: RefusalOptions = {}) {
    super(message);
    this.name = 'ArmRefusal';
    this.status = status;
    this.code = code;
    this.options = options;
  }

  /** The `error` member, as in the envelope and in a failed operation. */
  toError(): ArmError {
    const { details, fromProvider } = this.options;
    const known = details === undefined && fromProvider === false ? {} : { details: details ?? [] };
    return { code: this.code, message: this.message, ...known };
  }

  toResponse(): ServiceResponse {
    // Errors of the gateway in front of the providers carry this mark.
    const gateway = this.options.fromProvider === false ? { 'x-ms-failure-cause': 'gateway' } : {};
    return { status: this.status, headers: { ...gateway, ...this.options.headers }, body: { error: this.toError() } };
  }
}

export interface ArmError {
  readonly code: string;
  readonly message: string;
  readonly details?: readonly RefusalDetail[];
}

/** A refusal by ARM's front end, before any provider sees the request. */
export function refuseAtGateway(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): ArmRefusal {
  return new ArmRefusal(status, code, message, { fromProvider: false, headers });
}

/** The Network provider's refusal of a body that it cannot read. */
export function refuseFormat(details: readonly RefusalDetail[]): ArmRefusal {
  return new ArmRefusal(400, 'InvalidRequestFormat', 'Cannot parse the request.', { details });
}
