// One warm parent process: it has imported the heavy modules and forks replicas when told. JSON lines both ways.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { ReplicaId } from '../../../schemas/ids.ts';
import { NurseryReply, type NurseryCommand, type WorkerConfig } from '../../../schemas/worker.ts';
import type { Clock } from '../../common/clock.ts';
import type { Closeable } from '../../common/closing.ts';
import { fromReason, SlipwayError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import { randomHex } from '../../common/random.ts';
import type { WorkerExit, WorkerProcess } from './launcher.ts';
import { killMarked } from './leftovers.ts';
import { isStopped, killLeader, memoryOver, processStatus } from './processes.ts';
import { parentMark } from './worker-environment.ts';

export interface NurseryOptions {
  readonly python: string;
  readonly threads: number;
  readonly preload: readonly string[];
  /** The environment of the warm parent, given its mark. */
  readonly environment: (mark: string) => Record<string, string>;
  readonly cwd: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Between asking for a kill and doing it ourselves, and then between that and ending the parent that does not tell. */
const killPatienceMs = 1000;
/** From the end of its input to its end; it kills what it forked and exits. */
const closePatienceMs = 2000;
const tailLines = 12;

interface Forked {
  readonly pid: number;
  readonly startedAt: string | undefined;
  readonly exited: (exit: WorkerExit) => void;
}

interface Pending {
  readonly forked: (pid: number) => void;
  readonly failed: (error: SlipwayError) => void;
}

export class Nursery implements Closeable {
  /** Resolves when the imports are done; rejects when it ended before, or could not be started. */
  readonly ready: Promise<void>;
  /** Resolves when the process and everything it forked are gone. */
  readonly ended: Promise<void>;
  readonly #options: NurseryOptions;
  readonly #mark = randomHex(8);
  readonly #child: ChildProcess;
  readonly #pending = new Map<ReplicaId, Pending>();
  readonly #forked = new Map<ReplicaId, Forked>();
  readonly #tail: string[] = [];
  #isReady = false;
  #gone = false;
  #closing: Promise<void> | undefined;
  #markReady: () => void = () => undefined;
  #failReady: (error: SlipwayError) => void = () => undefined;
  #markEnded: () => void = () => undefined;

  constructor(options: NurseryOptions) {
    this.#options = options;
    this.ready = new Promise((resolve, reject) => {
      this.#markReady = resolve;
      this.#failReady = reject;
    });
    this.ready.catch(() => undefined);
    this.ended = new Promise((resolve) => (this.#markEnded = resolve));
    this.#child = spawn(options.python, ['-m', 'slipway.nursery'], {
      cwd: options.cwd,
      env: options.environment(this.#mark),
      stdio: ['pipe', 'pipe', 'pipe'],
      // A session of its own: Ctrl-C in a terminal is for the platform, which drains first.
      detached: true,
    });
    this.#listen();
    this.#write({ preload: options.preload, threads: options.threads });
  }

  /** Whether it takes no more orders. */
  get gone(): boolean {
    return this.#gone || this.#closing !== undefined;
  }

  get warm(): boolean {
    return this.#isReady;
  }

  /** Forks a worker. Rejects when the parent is gone or says that it cannot. */
  async fork(config: WorkerConfig): Promise<Omit<WorkerProcess, 'address'>> {
    await this.ready;
    if (this.gone) throw new SlipwayError('replica_exited', 'the warm parent of the replica has ended');
    const { replica } = config;
    const pid = await new Promise<number>((forked, failed) => {
      this.#pending.set(replica, { forked, failed });
      this.#write({ op: 'fork', worker: config } satisfies NurseryCommand);
    });
    let resolveExit: (exit: WorkerExit) => void = () => undefined;
    const exited = new Promise<WorkerExit>((resolve) => (resolveExit = resolve));
    const forked: Forked = { pid, startedAt: processStatus(pid)?.startedAt, exited: resolveExit };
    if (this.#gone) resolveExit({ code: null, signal: 'SIGKILL' });
    else this.#forked.set(replica, forked);
    return {
      pid,
      exited,
      signal: (name) => signalIfSame(forked, name),
      kill: () => this.#kill(replica, forked),
      isSuspended: () => isStopped(pid),
      memoryOver: (limitBytes) => memoryOver(pid, limitBytes),
    };
  }

  /** Ends it and everything it forked. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** Ends it now, because it hangs. */
  destroy(): void {
    if (!this.#gone && this.#child.pid !== undefined) killLeader(this.#child.pid);
  }

  async #end(): Promise<void> {
    this.#child.stdin?.end();
    const patience = this.#options.clock.after(closePatienceMs, () => this.destroy());
    await this.ended;
    patience.cancel();
  }

  #listen(): void {
    const child = this.#child;
    let failure: Error | undefined;
    // 'close' follows 'exit' once the pipes are read, but a stray descendant may hold them: the exit is what counts.
    child.on('exit', (code, signal) => void this.#over(code, signal, failure));
    child.on('error', (error) => {
      failure = error;
      if (child.pid === undefined) void this.#over(null, null, failure);
    });
    child.stdin?.on('error', () => undefined);
    createInterface({ input: child.stdout! }).on('line', (line) => this.#read(line));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      this.#options.log.debug('warm parent', { pid: child.pid, line });
      this.#tail.push(line.slice(0, 1000));
      if (this.#tail.length > tailLines) this.#tail.shift();
    });
  }

  #read(line: string): void {
    const reply = parseReply(line);
    if (reply === undefined) {
      this.#options.log.warn('the warm parent wrote something that is not a reply', { line: line.slice(0, 200) });
      return;
    }
    switch (reply.op) {
      case 'ready':
        this.#isReady = true;
        this.#options.log.info('warm parent ready', { ...reply, preload: this.#options.preload });
        return this.#markReady();
      case 'forked':
        this.#pending.get(reply.replica)?.forked(reply.pid);
        return void this.#pending.delete(reply.replica);
      case 'fork-failed':
        this.#pending.get(reply.replica)?.failed(fromReason(reply.reason));
        return void this.#pending.delete(reply.replica);
      case 'exited':
        // After the microtask of a 'forked' line that came in the same chunk.
        setImmediate(() => this.#workerExited(reply.replica, reply.pid, { code: reply.code, signal: reply.signal }));
    }
  }

  #workerExited(replica: ReplicaId, pid: number, exit: WorkerExit): void {
    const forked = this.#forked.get(replica);
    if (forked?.pid !== pid) return;
    this.#forked.delete(replica);
    forked.exited(exit);
  }

  #kill(replica: ReplicaId, forked: Forked): void {
    const alive = (): boolean => this.#forked.get(replica) === forked;
    if (!alive()) return;
    this.#write({ op: 'kill', replica } satisfies NurseryCommand);
    this.#options.clock.after(killPatienceMs, () => {
      if (!alive()) return;
      if (processStatus(forked.pid)?.startedAt === forked.startedAt) killLeader(forked.pid);
      // A parent that does not notice the end of its child is itself frozen or broken.
      this.#options.clock.after(killPatienceMs, () => alive() && this.destroy());
    });
  }

  async #over(code: number | null, signal: string | null, failure: Error | undefined): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    const error = this.#obituary(code, signal, failure);
    this.#failReady(error);
    for (const { failed } of this.#pending.values()) failed(error);
    this.#pending.clear();
    // Its workers die of its death; those that changed their session or their parent are found by their mark.
    for (const { pid, startedAt } of this.#forked.values()) {
      if (processStatus(pid)?.startedAt === startedAt) killLeader(pid);
    }
    await killMarked((environment) => environment.get(parentMark) === this.#mark);
    for (const { exited } of this.#forked.values()) exited({ code: null, signal: 'SIGKILL' });
    this.#forked.clear();
    this.#markEnded();
  }

  #obituary(code: number | null, signal: string | null, failure: Error | undefined): SlipwayError {
    if (failure !== undefined) {
      return new SlipwayError('python_missing', `${this.#options.python} could not be started: ${failure.message}`, {
        cause: failure,
      });
    }
    const how = signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`;
    const tail = this.#tail.length === 0 ? '' : `; it wrote:\n${this.#tail.join('\n')}`;
    return new SlipwayError('replica_exited', `the warm parent of the replica ${how}${tail}`);
  }

  #write(message: unknown): void {
    if (this.#child.stdin?.writable === true) this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }
}

function signalIfSame({ pid, startedAt }: Forked, name: 'SIGSTOP' | 'SIGCONT'): void {
  if (processStatus(pid)?.startedAt === startedAt) process.kill(pid, name);
}

function parseReply(line: string): NurseryReply | undefined {
  try {
    return NurseryReply.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
