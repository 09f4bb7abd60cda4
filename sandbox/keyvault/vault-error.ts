/** A refusal in Key Vault's words. */
export class VaultError extends Error {
  readonly status: number;
  readonly code: string;
  readonly innerCode: string | undefined;

  constructor(status: number, code: string, message: string, innerCode?: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.innerCode = innerCode;
  }
}

/** Key Vault's error envelope. */
export function errorBody(code: string, message: string, innerCode?: string): Record<string, unknown> {
  return { error: { code, message, ...(innerCode === undefined ? {} : { innererror: { code: innerCode } }) } };
}

export function badParameter(message: string): VaultError {
  return new VaultError(400, 'BadParameter', message);
}

export function forbidden(message: string, innerCode?: string): VaultError {
  return new VaultError(403, 'Forbidden', message, innerCode);
}

export function conflict(message: string, innerCode?: string): VaultError {
  return new VaultError(409, 'Conflict', message, innerCode);
}
