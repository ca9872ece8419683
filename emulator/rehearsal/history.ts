// The history of a run, one record a request, and what can be read from it. Pure.
import type { Figures } from '../../schemas/scenario.ts';

export interface RequestRecord {
  readonly id: string;
  /** Milliseconds from the start of the run at which it should have been sent: waiting to be sent counts as waiting. */
  readonly dueMs: number;
  readonly sentMs: number;
  readonly endedMs: number;
  readonly status: number | null;
  /** Id that the answer names. */
  readonly answeredId: string | null;
  readonly version: string | null;
  readonly replica: string | null;
  /** Whether the answer is the request's body; null where that is not asked. */
  readonly echoed: boolean | null;
  /** How often it was executed so far, where the service says so. */
  readonly executions: number | null;
  readonly error: string | null;
}

export type Fate = 'answered' | 'refused' | 'lost';

/** 429 and 503 say that it was not executed; 400 to 428 are answers; all else is a loss. */
export function fateOf({ status }: Pick<RequestRecord, 'status'>): Fate {
  if (status === null) return 'lost';
  if (status === 429 || status === 503) return 'refused';
  return status < 400 ? 'answered' : 'lost';
}

/**
 * @param versions ids that had traffic during the run; undefined where any may answer
 * @param recoveryMs as observed beside the load
 */
export function figuresOf(
  records: readonly RequestRecord[],
  versions: ReadonlySet<string> | undefined,
  recoveryMs: number | null,
): Figures {
  const seen = new Set<string>();
  const latencies: number[] = [];
  const count = { answered: 0, lost: 0, refused: 0 };
  let duplicated = 0;
  let wrongVersion = 0;
  let wrongPayload = 0;
  let executedAgain = 0;
  for (const record of records) {
    const fate = fateOf(record);
    count[fate] += 1;
    if (seen.has(record.id) || (record.status !== null && record.answeredId !== record.id)) duplicated += 1;
    seen.add(record.id);
    if (fate !== 'answered') continue;
    latencies.push(record.endedMs - record.dueMs);
    if (versions !== undefined && (record.version === null || !versions.has(record.version))) wrongVersion += 1;
    if (record.echoed === false) wrongPayload += 1;
    if (record.executions !== null && record.executions > 1) executedAgain += record.executions - 1;
  }
  latencies.sort((a, b) => a - b);
  const requests = records.length;
  const errorShare = requests === 0 ? 0 : (count.lost + count.refused) / requests;
  const [p50Ms, p99Ms] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
  return {
    requests,
    ...count,
    duplicated,
    wrongVersion,
    wrongPayload,
    errorShare,
    p50Ms,
    p99Ms,
    recoveryMs,
    executedAgain,
  };
}

/** Answers by version, and by status. */
export function tallies(records: readonly RequestRecord[]): {
  readonly versions: Record<string, number>;
  readonly statuses: Record<string, number>;
} {
  const versions: Record<string, number> = {};
  const statuses: Record<string, number> = {};
  for (const record of records) {
    const status = String(record.status ?? 'none');
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (fateOf(record) !== 'answered' || record.version === null) continue;
    versions[record.version] = (versions[record.version] ?? 0) + 1;
  }
  return { versions, statuses };
}

/** The first requests that went wrong, in words. */
export function examples(records: readonly RequestRecord[], most: number): string[] {
  const wrong = records.filter(
    (record) => fateOf(record) !== 'answered' || record.echoed === false || record.answeredId !== record.id,
  );
  return wrong.slice(0, most).map(({ id, sentMs, endedMs, status, version, replica, error, answeredId }) => {
    const by = [version, replica].filter((part) => part !== null).join(' ');
    const what = status === null ? `no answer (${error ?? 'unknown'})` : `${status}${by === '' ? '' : ` by ${by}`}`;
    const whose = answeredId === null || answeredId === id ? '' : `, for ${answeredId}`;
    return `${id} sent at ${Math.round(sentMs)} ms: ${what} after ${Math.round(endedMs - sentMs)} ms${whose}`;
  });
}

/** @param sorted ascending. Nearest rank: a value that was measured. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
