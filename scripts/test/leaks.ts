// What a suite may not leave behind: processes. Found by the mark that everything started by this run inherits.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Environment variable of everything that a run of tests starts. */
export const runVariable = 'SLIPWAY_TEST_RUN';
/** How long what was just told to end may take to be gone. */
const graceMs = 3_000;

export interface Leak {
  readonly pid: number;
  readonly command: string;
}

/** Processes of this run, or of a platform whose home is under `folder`, that are there still. Linux only: else none. */
export async function findLeaks(run: string, folder: string): Promise<readonly Leak[]> {
  if (process.platform !== 'linux') return [];
  const end = performance.now() + graceMs;
  let leaks = marked(run, folder);
  while (leaks.length > 0 && performance.now() < end) {
    await wait(100);
    leaks = marked(run, folder);
  }
  return leaks;
}

function marked(run: string, folder: string): readonly Leak[] {
  const leaks: Leak[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name) || Number(name) === process.pid) continue;
    const variables = read(`/proc/${name}/environ`);
    const isOurs = variables.some(
      (entry) => entry === `${runVariable}=${run}` || entry.startsWith(`SLIPWAY_PLATFORM_HOME=${folder}`),
    );
    if (isOurs) leaks.push({ pid: Number(name), command: read(`/proc/${name}/cmdline`).join(' ').trim() });
  }
  return leaks;
}

/** Entries of a file of /proc; none when the process is gone or another user's. */
function read(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\0');
  } catch {
    return [];
  }
}
