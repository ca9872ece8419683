// What processes used, read from /proc (Linux).
import { readdirSync, readFileSync } from 'node:fs';

/** A process and all its descendants. */
export function tree(root: number): readonly number[] {
  const found = [root];
  for (const pid of found) {
    for (const thread of entries(`/proc/${pid}/task`)) {
      found.push(...words(`/proc/${pid}/task/${thread}/children`).map(Number));
    }
  }
  return found;
}

/** CPU seconds that the living processes of a tree, or its root alone, have used, in the scheduler's own nanoseconds. */
export function cpuSeconds(root: number, of: 'tree' | 'alone' = 'tree'): number {
  let nanos = 0;
  for (const pid of of === 'tree' ? tree(root) : [root]) {
    for (const thread of entries(`/proc/${pid}/task`))
      nanos += Number(words(`/proc/${pid}/task/${thread}/schedstat`)[0] ?? 0);
  }
  return nanos / 1e9;
}

/** Times that the main thread of a process went to sleep of its own will: each is a wake-up. */
export function sleeps(pid: number): number {
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(text(`/proc/${pid}/task/${pid}/status`))?.[1] ?? Number.NaN);
}

/** Resident memory of one process alone. */
export function ownMebibytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text(`/proc/${pid}/status`))?.[1] ?? Number.NaN) / 1024;
}

/** Open descriptors of one process. */
export function descriptors(pid: number): number {
  return entries(`/proc/${pid}/fd`).length;
}

export function residentMebibytes(root: number): number {
  const kilobytes = tree(root).map((pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0));
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}

/** Proportional set size: pages shared with others count in shares. */
export function proportionalMebibytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text(`/proc/${pid}/smaps_rollup`))?.[1] ?? Number.NaN) / 1024;
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function words(file: string): readonly string[] {
  return text(file)
    .split(/\s+/)
    .filter((word) => word !== '');
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
