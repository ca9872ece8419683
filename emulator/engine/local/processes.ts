// What the system tells of processes, read from /proc; elsewhere everything is unknown and nothing is found.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Also the page size on all but some arm64 systems, where the figure is then too small, never too large. */
const pageBytes = 4096;
const maxDescendants = 256;

export interface ProcessStatus {
  /** R, S, D, T (stopped), t (traced), Z… */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** Ticks since boot at which it started: with the pid, an identity that is never used twice. */
  readonly startedAt: string;
}

/** undefined when there is no such process, or no /proc. */
export function processStatus(pid: number): ProcessStatus | undefined {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in parentheses may itself hold anything; what follows its last ")" is fields 3, 4, ….
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', parent: Number(fields[1]), group: Number(fields[2]), startedAt: fields[19] ?? '' };
}

/** Names this very process for good: `pid.startTime`. */
export function processIdentity(pid: number = process.pid): string {
  return `${pid}.${processStatus(pid)?.startedAt ?? ''}`;
}

export function allPids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^[0-9]+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** The environment with which a process of this user was started; undefined when it cannot be read. */
export function processEnvironment(pid: number): ReadonlyMap<string, string> | undefined {
  const text = read(`/proc/${pid}/environ`);
  if (text === undefined) return undefined;
  const variables = new Map<string, string>();
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=');
    if (equals > 0) variables.set(entry.slice(0, equals), entry.slice(equals + 1));
  }
  return variables;
}

/** SIGKILL to the process group led by `pid`. @returns whether there was one. */
export function killGroup(pid: number): boolean {
  return kill(-pid);
}

/** SIGKILL to a worker and its group; a worker that was just forked may not lead one yet. */
export function killLeader(pid: number): void {
  if (!killGroup(pid)) kill(pid);
}

/** Sends SIGKILL to `pid` if it is still the process that started at `startedAt`. */
export function killIfSame(pid: number, startedAt: string): void {
  if (processStatus(pid)?.startedAt === startedAt) kill(pid);
}

/**
 * Bytes of memory that a process and its descendants use, if that is over `limitBytes`; else undefined.
 * Pages shared with the warm parent are counted in shares, but only when the cheap figure is over the limit.
 */
export async function memoryOver(pid: number, limitBytes: number): Promise<number | undefined> {
  const pids = withDescendants(pid);
  if (sum(pids.map(residentBytes)) <= limitBytes) return undefined;
  const bytes = sum(await Promise.all(pids.map(proportionalBytes)));
  return bytes > limitBytes ? bytes : undefined;
}

/** Whether a signal (SIGSTOP) or a tracer holds the process. */
export function isStopped(pid: number): boolean {
  return processStatus(pid)?.state === 'T';
}

/** Times that the kernel ended something for want of memory, since boot. */
export function outOfMemoryKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(read('/proc/vmstat') ?? '')?.[1] ?? 0);
}

/** @returns false when it is gone already, or another user's, which we may not end. */
function kill(target: number): boolean {
  try {
    return process.kill(target, 'SIGKILL');
  } catch {
    return false;
  }
}

function withDescendants(root: number): number[] {
  const found = [root];
  for (let i = 0; i < found.length && found.length < maxDescendants; i++) found.push(...childrenOf(found[i]!));
  return found;
}

function childrenOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  return threads.flatMap((thread) =>
    (read(`/proc/${pid}/task/${thread}/children`) ?? '')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
}

function residentBytes(pid: number): number {
  return Number((read(`/proc/${pid}/statm`) ?? '').split(' ')[1] ?? 0) * pageBytes;
}

async function proportionalBytes(pid: number): Promise<number> {
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
