/** What is told, and how each of it can come out. Names stay: people count by them (docs/observability.md). */
interface LogOutcomes {
  readonly 'certificate.issued': 'issued';
  /** `refused` is an order that was turned down; `withheld` a record that gets no certificate any more. */
  readonly 'certificate.refused': 'refused' | 'withheld';
  readonly 'root.created': 'created';
  readonly 'root.imported': 'imported';
  /** Each use of a root's key: `asked` before it, and what became of it after it. */
  readonly 'key.signature': 'asked' | 'made' | 'busy' | 'refused' | 'failed';
  /** Of each write of a gateway by its single writer: what Azure answered, and later how the write ended. */
  readonly 'gateway.written': 'accepted' | 'refused' | 'notTaken' | 'succeeded' | 'failed';
  /** What others took off a gateway is being put back: that the write went well is `gateway.written`. */
  readonly 'gateway.repair': 'begun';
  /**
   * Of whom a gateway is to refuse: sessions were ended (`cut`), or two looks five minutes apart saw none (`proven`).
   */
  readonly 'session.cut': 'cut' | 'proven';
  /** A command on a machine did not end in its time. */
  readonly 'command.timedOut': 'timedOut';
  /** Each try to deliver an event to the webhook, and an event that nobody was there for (`kept`). */
  readonly 'notice.sent': 'delivered' | 'postponed' | 'undeliverable' | 'kept';
  /** Azure asked for a pause; `seconds` is how long, where it says so. */
  readonly 'azure.throttled': 'throttled';
  readonly 'operation.ended': 'succeeded' | 'failed' | 'canceled';
}

type LogEvent = keyof LogOutcomes;

/** One outcome that was decided. Whatever a text holds that looks like a secret is taken out before it is written. */
export type LogEntry = {
  readonly [Event in LogEvent]: {
    readonly event: Event;
    readonly outcome: LogOutcomes[Event];
    /** What it is about: `certificates/<thumbprint>`, `gateways/<id>`, a request's method and path. */
    readonly target: string;
    readonly operationId?: string;
    /** What kind of thing: of an operation, an event or an entry; of a command, its step. */
    readonly kind?: string;
    /** How long it took or, of `azure.throttled`, is to be waited. */
    readonly seconds?: number;
    /** Why, in a word: an error code of Gatehouse's or of Azure's. */
    readonly code?: string;
  };
}[LogEvent];

/**
 * Tells of an outcome. Never throws, and nothing waits for it: what is told may be lost, what is decided stands in the
 * tables.
 */
export type Log = (entry: LogEntry) => void;
