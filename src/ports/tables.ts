/** A row as the table service keeps it: scalars only. */
export type Columns = Readonly<Record<string, string | number | boolean>>;

export interface RowKeys {
  readonly partitionKey: string;
  readonly rowKey: string;
}

export interface StoredRow extends RowKeys {
  readonly columns: Columns;
  readonly etag: string;
}

/** Bounds of a list inside one partition: row keys from `from` (included) to `to` (excluded), at most `top` rows. */
export interface RowRange {
  readonly from?: string;
  readonly to?: string;
  readonly top?: number;
}

/** Bounds of a list across partitions: partition keys from `from` (included) to `to` (excluded), at most `top` rows. */
export interface PartitionRange {
  readonly from: string;
  readonly to: string;
  readonly top?: number;
}

/**
 * The table service. Throttling is waited out inside (bounded); other faults are thrown. Reads are point reads and
 * bounded range reads: nothing scans a table.
 */
export interface Tables {
  get(table: string, keys: RowKeys): Promise<StoredRow | undefined>;
  /** False when a row with these keys is there already. */
  insert(table: string, keys: RowKeys, columns: Columns): Promise<boolean>;
  /** Replaces the row if its etag is still this one; false when it is not, or the row is gone. */
  replace(table: string, keys: RowKeys, columns: Columns, etag: string): Promise<boolean>;
  /** Writes the row whatever is there. */
  upsert(table: string, keys: RowKeys, columns: Columns): Promise<void>;
  /** Deletes the row, if it is there; with an etag only if it is still that one. False when it was not deleted. */
  remove(table: string, keys: RowKeys, etag?: string): Promise<boolean>;
  list(table: string, partitionKey: string, range?: RowRange): Promise<StoredRow[]>;
  /**
   * The rows of these partitions, in key order: one request for each thousand rows, however many partitions are empty.
   */
  listPartitions(table: string, range: PartitionRange): Promise<StoredRow[]>;
  /** Creates the tables that are missing. */
  ensure(tables: readonly string[]): Promise<void>;
}
