// A lock file that says which process is making an environment, so that a second one waits instead of making it again.
import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { sleep, type Clock } from '../common/clock.ts';

const Owner = z.object({ pid: z.int().positive(), start: z.string() });
type Owner = z.infer<typeof Owner>;

/** Environments take seconds to minutes; a waiting process looks this often. */
const retryMs = 250;

export interface LockOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once when somebody else has it. */
  readonly waiting: () => void;
}

/** Waits for the lock and takes it. A lock of a process that is gone is taken over. @returns what releases it */
export async function acquireLock(path: string, options: LockOptions): Promise<() => Promise<void>> {
  const own = JSON.stringify({ pid: process.pid, start: await processStart(process.pid) });
  for (let told = false; ;) {
    options.signal.throwIfAborted();
    if (await create(path, own)) return () => rm(path, { force: true });
    const held = await readLock(path);
    if (held === undefined) continue;
    if (!(await alive(held))) {
      await takeAway(path, held);
      continue;
    }
    if (!told) options.waiting();
    told = true;
    await sleep(options.clock, retryMs, options.signal);
  }
}

/** Whether a living process has it. */
export async function isLocked(path: string): Promise<boolean> {
  const held = await readLock(path);
  return held !== undefined && (await alive(held));
}

/** The file appears with its content, because it is linked into place. @returns false when there is one already */
async function create(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Moves a dead lock aside. When somebody else was quicker and what was moved is theirs, it is put back. */
async function takeAway(path: string, dead: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readLock(aside)) !== dead) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

async function alive(content: string): Promise<boolean> {
  const owner = parseOwner(content);
  if (owner === undefined) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await processStart(owner.pid)) === owner.start;
}

function parseOwner(content: string): Owner | undefined {
  try {
    return Owner.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}

/** What tells a process from a later one of the same number; empty where the system does not say (proc(5), field 22). */
async function processStart(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
