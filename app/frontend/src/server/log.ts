/** One handled request; it holds nothing of its content. */
export interface RequestRecord {
  readonly request_id: string;
  readonly method: string;
  /** Route template, never the path itself. */
  readonly route: string;
  readonly status: number;
  readonly duration_ms: number;
}

/** Write one request as one JSON object on a line of standard output. */
export function logRequest(record: RequestRecord): void {
  const level = record.status >= 500 ? "warning" : "info";
  const line = { time: new Date().toISOString(), level, message: "request handled", ...record };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
