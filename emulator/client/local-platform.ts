// The local platform of a home folder: found by its platform.json, started as a child process, stopped by its API.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Reason } from '../../schemas/errors.ts';
import { PlatformInfo } from '../../schemas/platform.ts';
import { packageRoot } from '../common/assets.ts';
import { sleep, systemClock, type Clock } from '../common/clock.ts';
import { SlipwayError, fromReason, toSlipwayError } from '../common/errors.ts';
import type { Home } from '../common/home.ts';
import { SlipwayClient } from './client.ts';
import { parseJson } from './http.ts';
import { isSameProcess } from '../common/process-start.ts';

/** The line that a platform prints when it is ready. */
export const ReadyLine = PlatformInfo.pick({ control: true, inference: true, tokenFile: true, pid: true });
export type ReadyLine = z.infer<typeof ReadyLine>;
const FirstLine = z.union([ReadyLine, z.object({ error: Reason })]);

export interface StartOptions {
  readonly home: Home;
  /** Port of the gateway; default: a free one. */
  readonly port?: number;
  readonly controlPort?: number;
  /** Emulated nodes, in the platform's own notation. */
  readonly nodes?: string;
  /** What replicas run in; default: processes. */
  readonly engine?: 'process' | 'docker';
  /** On which images are built for services that name none. */
  readonly baseImage?: string;
  /** How many images of services that nobody uses stay. */
  readonly keepImages?: number;
  /** Seconds in which the next platform may take over containers after the death of this one. */
  readonly adoptWithin?: number;
  /** Further flags of the platform process, as `emulator/platform/flags.ts` takes them. */
  readonly flags?: readonly string[];
  /** Scaling is judged over a tenth of the usual time. */
  readonly fast?: boolean;
  /** `tied` dies with this process, whatever way that ends; `detached` stays until it is stopped. */
  readonly life: 'tied' | 'detached';
  readonly signal?: AbortSignal;
  /** Program and arguments of the platform; default: the one of this installation. */
  readonly command?: readonly string[];
  /** Environment of the platform; default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default 30 s. */
  readonly timeoutMs?: number;
}

export interface StartedPlatform extends ReadyLine {
  /** The child process when it is tied to this one. */
  readonly child?: ChildProcess;
}

const startTimeoutMs = 30_000;
const healthTimeoutMs = 3_000;
const pollMs = 50;

/** The built platform, or its source when this code itself runs from source. */
export function platformCommand(): readonly string[] {
  if (fileURLToPath(import.meta.url).endsWith('.ts')) {
    return [process.execPath, '--import', 'tsx', join(packageRoot, 'emulator', 'main.ts')];
  }
  return [process.execPath, join(packageRoot, 'dist', 'platform.js')];
}

/**
 * The platform that runs for `home`, if one does.
 * @throws SlipwayError `platform_unreachable` when its process lives but does not answer
 */
export async function findPlatform(home: Home): Promise<PlatformInfo | undefined> {
  const info = await readInfo(home);
  if (info === undefined || !(await isSameProcess(info.pid, info.processStart))) return undefined;
  const client = new SlipwayClient({ control: info.control, token: '', timeoutMs: healthTimeoutMs });
  try {
    await client.text('getHealth');
    return info;
  } catch (error) {
    // It may have ended between the two questions.
    if (!(await isSameProcess(info.pid, info.processStart))) return undefined;
    throw new SlipwayError('platform_unreachable', `The platform (process ${info.pid}) does not answer.`, {
      hint: `Look at ${home.log}; stop it with \`slipway down --force\` and start it again.`,
      cause: error,
    });
  } finally {
    await client.close();
  }
}

/** A client of the platform at `info`; its token is read from the token file. */
export async function connect(info: Pick<PlatformInfo, 'control' | 'tokenFile'>): Promise<SlipwayClient> {
  let token: string;
  try {
    token = (await readFile(info.tokenFile, 'utf8')).trim();
  } catch (error) {
    throw new SlipwayError('unauthorized', `The token file ${info.tokenFile} cannot be read.`, {
      hint: 'It belongs to the user who started the platform.',
      cause: error,
    });
  }
  return new SlipwayClient({ control: info.control, token });
}

/**
 * Starts a platform and resolves when it is ready.
 * @throws SlipwayError what the platform said, such as `platform_running`, `port_taken`, `home_unwritable`
 */
export async function startPlatform(options: StartOptions): Promise<StartedPlatform> {
  const { home, life } = options;
  const [program, ...first] = options.command ?? platformCommand();
  if (program === undefined) throw new SlipwayError('internal', 'no command for the platform');
  const flags = [
    ...['--home', home.root],
    ...(options.port === undefined ? [] : ['--port', String(options.port)]),
    ...(options.controlPort === undefined ? [] : ['--control-port', String(options.controlPort)]),
    ...(options.nodes === undefined ? [] : ['--nodes', options.nodes]),
    ...(options.engine === undefined ? [] : ['--engine', options.engine]),
    ...(options.baseImage === undefined ? [] : ['--base-image', options.baseImage]),
    ...(options.keepImages === undefined ? [] : ['--keep-images', String(options.keepImages)]),
    ...(options.adoptWithin === undefined ? [] : ['--adopt-within', String(options.adoptWithin)]),
    ...(options.fast === true ? ['--fast'] : []),
    ...(life === 'tied' ? ['--lifeline'] : []),
    ...(options.flags ?? []),
  ];
  const log = openLog(home);
  const child = spawn(program, [...first, ...flags], {
    cwd: packageRoot,
    detached: true,
    stdio: [life === 'tied' ? 'pipe' : 'ignore', 'pipe', log],
    windowsHide: true,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  closeSync(log);
  const line = await firstLine(child, home, options);
  child.stdout?.destroy();
  child.unref();
  if (life === 'detached') return line;
  // An unreferenced pipe keeps the platform tied without keeping this process alive.
  (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  child.stdin?.on('error', () => undefined);
  return { ...line, child };
}

export interface StopOptions {
  /** Kill it when it does not end by itself. */
  readonly force: 'kill' | 'never';
  /** How long it may take to drain, in milliseconds; default 40,000, and 3,000 before it is killed. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/**
 * Stops the platform of `home` and waits for its process to end.
 * @returns how it ended; `absent` when none ran
 * @throws SlipwayError `platform_unreachable` when it is still there after the time
 */
export async function stopPlatform(home: Home, options: StopOptions): Promise<'stopped' | 'killed' | 'absent'> {
  const clock = options.clock ?? systemClock;
  const info = await readInfo(home);
  if (info === undefined || !(await isSameProcess(info.pid, info.processStart))) {
    await leaveNothing(home);
    return 'absent';
  }
  const limit = options.timeoutMs ?? (options.force === 'kill' ? 3_000 : 40_000);
  const end = clock.monotonic() + limit;
  const asked = await requestShutdown(info, limit, options.signal);
  while (clock.monotonic() < end && (asked === undefined || options.force === 'kill')) {
    if (!(await isSameProcess(info.pid, info.processStart))) return 'stopped';
    await sleep(clock, pollMs, options.signal);
  }
  if (options.force === 'never') {
    throw new SlipwayError('platform_unreachable', `The platform (process ${info.pid}) does not stop.`, {
      hint: 'End it with `slipway down --force`.',
      cause: asked,
    });
  }
  process.kill(info.pid, 'SIGKILL');
  while (await isSameProcess(info.pid, info.processStart)) await sleep(clock, pollMs, options.signal);
  await leaveNothing(home);
  return 'killed';
}

/** No platform is to come: containers that wait for one end at once, because what is known of them is gone. */
async function leaveNothing(home: Home): Promise<void> {
  await rm(home.containers, { recursive: true, force: true }).catch(() => undefined);
}

async function requestShutdown(info: PlatformInfo, timeoutMs: number, signal?: AbortSignal): Promise<unknown> {
  try {
    const client = await connect(info);
    try {
      await client.call('shutdown', { body: {} }, { timeoutMs, ...(signal === undefined ? {} : { signal }) });
    } finally {
      await client.close();
    }
    return undefined;
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return error;
  }
}

async function readInfo(home: Home): Promise<PlatformInfo | undefined> {
  let text: string;
  try {
    text = await readFile(home.info, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SlipwayError('home_unwritable', `${home.info} cannot be read.`, { cause: error });
  }
  return PlatformInfo.safeParse(parseJson(text)).data;
}

function openLog(home: Home): number {
  try {
    mkdirSync(home.root, { recursive: true, mode: 0o700 });
    return openSync(home.log, 'a', 0o600);
  } catch (error) {
    const full = toSlipwayError(error);
    if (full.code === 'disk_full') throw full;
    throw new SlipwayError('home_unwritable', `The home folder ${home.root} cannot be written.`, { cause: error });
  }
}

/** Resolves with the first line; whatever else ends the waiting also ends the process. */
function firstLine(child: ChildProcess, home: Home, options: StartOptions): Promise<ReadyLine> {
  const { signal, timeoutMs = startTimeoutMs } = options;
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! });
    const timer = setTimeout(() => {
      fail(new SlipwayError('platform_unreachable', `The platform was not ready after ${timeoutMs / 1000} s.`, seeLog));
    }, timeoutMs);
    const seeLog = { hint: `Look at the end of ${home.log}.` };
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      lines.close();
    };
    const fail = (error: Error): void => {
      settle();
      child.kill('SIGKILL');
      reject(error);
    };
    const abort = (): void => fail(new SlipwayError('cancelled', 'Cancelled.'));
    signal?.addEventListener('abort', abort, { once: true });
    lines.once('line', (line) => {
      const parsed = FirstLine.safeParse(parseJson(line));
      if (!parsed.success) {
        return fail(new SlipwayError('platform_unreachable', 'The platform did not start as expected.', seeLog));
      }
      if ('error' in parsed.data) return fail(fromReason(parsed.data.error));
      settle();
      resolve(parsed.data);
    });
    child.once('error', (error) => fail(toSlipwayError(error)));
    child.once('exit', (code, how) => {
      const said = `The platform ended at its start (${how ?? `exit code ${code ?? 'unknown'}`}).`;
      // Its last line may still be in the pipe.
      setImmediate(() => fail(new SlipwayError('platform_unreachable', said, notBuilt() ?? seeLog)));
    });
  });
}

function notBuilt(): { hint: string } | undefined {
  const entry = platformCommand().at(-1)!;
  return existsSync(entry) ? undefined : { hint: `${entry} is not there; run \`npm run build\`.` };
}
