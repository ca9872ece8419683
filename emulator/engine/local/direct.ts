// Starts workers without a warm parent: where there is no fork (Windows), or on demand. Slower, otherwise the same.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ReplicaId } from '../../../schemas/ids.ts';
import type { ListenAddress, WorkerConfig } from '../../../schemas/worker.ts';
import { SlipwayError } from '../../common/errors.ts';
import { randomHex } from '../../common/random.ts';
import type { Launcher, WorkerExit, WorkerOrder, WorkerProcess } from './launcher.ts';
import { killMarked } from './leftovers.ts';
import { listeningAddress } from './listening-address.ts';
import type { OutputStream } from './replica-output.ts';
import { isStopped, killGroup, killLeader, memoryOver } from './processes.ts';
import type { SocketFolder } from './socket-folder.ts';
import { parentMark, replicaMark } from './worker-environment.ts';

export interface DirectOptions {
  readonly python: string;
  readonly threads: number;
  readonly environment: (parent: string, threads: number) => Record<string, string>;
  /** Where workers listen; undefined for TCP on the loopback address. */
  readonly sockets: SocketFolder | undefined;
  /** Takes the streams of a worker. */
  readonly attach: (replica: ReplicaId, stream: OutputStream, source: Readable) => void;
}

export function directLauncher(options: DirectOptions): Launcher {
  return {
    launch: async (order, signal) => {
      signal.throwIfAborted();
      const worker = await start(options, order);
      if (signal.aborted) worker.kill();
      return worker;
    },
  };
}

async function start(options: DirectOptions, order: WorkerOrder): Promise<WorkerProcess> {
  const mark = randomHex(8);
  const secret = randomHex(32);
  const listen: ListenAddress =
    options.sockets === undefined
      ? { kind: 'tcp', host: '127.0.0.1', port: 0, secret }
      : { kind: 'unix', path: options.sockets.next() };
  const child = spawn(options.python, ['-m', 'slipway.worker'], {
    cwd: order.bundleDir,
    env: { ...options.environment(mark, options.threads), [replicaMark]: order.replica },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const pid = await started(child, options.python);
  const exited = exitOf(child, mark);
  // The input stays open as long as we live: its end tells the worker that the platform is gone.
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${JSON.stringify({ ...order, listen } satisfies WorkerConfig)}\n`);
  options.attach(order.replica, 'stderr', child.stderr);
  const address = listeningAddress(child.stdout, secret);
  void address.catch(() => undefined).then(() => options.attach(order.replica, 'stdout', child.stdout));
  return {
    pid,
    address,
    exited,
    kill: () => killTree(child, pid),
    ...(process.platform === 'win32' ? {} : { signal: (name) => void child.kill(name) }),
    isSuspended: () => isStopped(pid),
    memoryOver: (limitBytes) => memoryOver(pid, limitBytes),
  };
}

function started(child: ChildProcess, python: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid!));
    child.once('error', (cause) =>
      reject(new SlipwayError('python_missing', `${python} could not be started: ${cause.message}`, { cause })),
    );
  });
}

function exitOf(child: ChildProcess, mark: string): Promise<WorkerExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup(child.pid!);
      void killMarked((environment) => environment.get(parentMark) === mark).then(() => resolve({ code, signal }));
    });
  });
}

function killTree(child: ChildProcess, pid: number): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (process.platform === 'win32') spawnSync('taskkill', ['/pid', String(pid), '/t', '/f'], { windowsHide: true });
  else killLeader(pid);
}
