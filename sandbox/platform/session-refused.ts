/** Why a client was not let in: what ARM throws to the control API that reported the client. */
export class SessionRefused extends Error {}
