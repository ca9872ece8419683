// Ends what an earlier platform of the same home left behind after a death that let nothing clean up.
import { setTimeout as wait } from 'node:timers/promises';
import { allPids, killIfSame, processEnvironment, processStatus } from './processes.ts';
import { homeMark, platformMark } from './worker-environment.ts';

const attempts = 20;
const pauseMs = 25;

export interface Marked {
  readonly pid: number;
  readonly startedAt: string;
}

/** Processes whose environment has all of `marks`; this process is never among them. Empty without /proc. */
export function findMarked(marks: (environment: ReadonlyMap<string, string>) => boolean): readonly Marked[] {
  const found: Marked[] = [];
  for (const pid of allPids()) {
    if (pid === process.pid) continue;
    const environment = processEnvironment(pid);
    if (environment === undefined || !marks(environment)) continue;
    const status = processStatus(pid);
    if (status !== undefined && status.state !== 'Z') found.push({ pid, startedAt: status.startedAt });
  }
  return found;
}

/**
 * Kills marked processes until none is found, for half a second at most.
 * @returns how many there were.
 */
export async function killMarked(marks: (environment: ReadonlyMap<string, string>) => boolean): Promise<number> {
  const seen = new Set<string>();
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = findMarked(marks);
    if (found.length === 0) break;
    for (const { pid, startedAt } of found) {
      seen.add(`${pid}.${startedAt}`);
      killIfSame(pid, startedAt);
    }
    await wait(pauseMs);
  }
  return seen.size;
}

/** Processes of this home that are not of the platform `own`: there is one platform per home, so they have none. */
export function killLeftovers(home: string, own: string): Promise<number> {
  return killMarked((environment) => environment.get(homeMark) === home && environment.get(platformMark) !== own);
}
