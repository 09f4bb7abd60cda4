/** What the control routes ask of the ARM emulator; named here so that control can be tested without it. */
export interface ArmControl {
  isIdle(): boolean;
  /** A write made by somebody who is not the app, with the same validation. */
  putAsSomebodyElse(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ readonly status: number; readonly body?: unknown }>;
  /** Says what an identity may read and do in a scope; until then it may do everything. */
  assignRole(assignment: RoleAssignment): void;
  connectSession(session: NewSession): unknown;
  endSession(id: string): void;
  listSessions(): readonly unknown[];
  gatewaysForVpn(): readonly unknown[];
  /** Calls `listener` with the connection id of each session that is to be cut. */
  onSessionDisconnect(listener: (sessionId: string) => void): void;
}

export interface RoleAssignment {
  readonly principal: string;
  readonly actions: readonly string[];
  readonly scope: string;
}

export interface NewSession {
  readonly gateway: string;
  readonly thumbprint?: string | undefined;
  readonly commonName?: string | undefined;
  readonly publicIp: string;
  readonly privateIp?: string | undefined;
  readonly id?: string | undefined;
}
