// The start time of a process as the system tells it: a pid alone may be another process's by now.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/**
 * Clock ticks since boot on Linux, a date elsewhere; only good for comparing.
 * @returns undefined when there is no such process, or the system does not tell
 */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') return linuxStart(pid);
  if (process.platform === 'win32') return undefined;
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'lstart=', '-p', String(pid)], { env: { ...process.env, LC_ALL: 'C' } }, (error, output) =>
      resolve(error === null && output.trim() !== '' ? output.trim() : undefined),
    );
  });
}

/** Is `pid` alive and, where the system tells, still the process that started at `start`? */
export async function isSameProcess(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform === 'win32') return true;
  return (await processStart(pid)) === start;
}

/** Field 22 of /proc/<pid>/stat. The name in field 2 may hold spaces and brackets, so count from the last one. */
async function linuxStart(pid: number): Promise<string | undefined> {
  let stat: string;
  try {
    stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  return state === 'Z' ? undefined : start;
}
