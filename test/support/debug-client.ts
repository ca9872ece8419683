// A debugger without an editor: speaks the Debug Adapter Protocol with the adapter over its standard input and output.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { basename } from 'node:path';
import { randomHex } from '../../emulator/common/random.ts';
import { MessageReader } from '../../src/debugging/message-reader.ts';

export interface DebugMessage {
  readonly seq: number;
  readonly type: 'request' | 'response' | 'event';
  readonly command?: string;
  readonly event?: string;
  readonly request_seq?: number;
  readonly success?: boolean;
  readonly message?: string;
  readonly body?: Record<string, unknown>;
}

export interface AdapterPlace {
  readonly python: string;
  readonly debugger: string;
  readonly runtime: string;
  readonly folder: string;
}

export interface Stop {
  readonly reason: string;
  readonly threadId: number;
}

const limitMs = 60_000;

export class DebugClient {
  /** What the adapter has to know before a worker obeys it. */
  readonly token = randomHex(32);
  readonly #place: AdapterPlace;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #messages: DebugMessage[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #waiting = new Set<() => void>();
  readonly #reader = new MessageReader<DebugMessage>();
  #seq = 0;

  constructor(place: AdapterPlace, adapterToken?: string) {
    this.#place = place;
    this.#child = spawn(place.python, ['-m', 'slipway.debug_adapter', place.debugger], {
      env: { ...process.env, PYTHONPATH: place.runtime, SLIPWAY_DEBUG_TOKEN: adapterToken ?? this.token },
    });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Begins to attach with breakpoints at these lines of a file of the bundle. @returns the port of the adapter */
  async attach(
    file: string,
    lines: readonly number[],
    more: object = {},
  ): Promise<{ port: number; ready: Promise<void> }> {
    await this.request('initialize', { adapterID: 'slipway', pathFormat: 'path', linesStartAt1: true });
    const attached = this.request('attach', { listen: { host: '127.0.0.1', port: 0 }, justMyCode: true, ...more });
    attached.catch(() => undefined);
    const { body } = await this.event('debugpyWaitingForServer');
    const ready = (async () => {
      await this.event('initialized');
      await this.setBreakpoints(file, lines);
      await this.request('configurationDone');
      await attached;
    })();
    ready.catch(() => undefined);
    return { port: body!['port'] as number, ready };
  }

  /** Begins a process of its own. */
  async launch(args: object): Promise<void> {
    await this.request('initialize', { adapterID: 'slipway', pathFormat: 'path', linesStartAt1: true });
    const launched = this.request('launch', args);
    launched.catch(() => undefined);
    await this.event('initialized');
    await this.request('configurationDone');
    await launched;
  }

  async setBreakpoints(file: string, lines: readonly number[]): Promise<void> {
    const breakpoints = lines.map((line) => ({ line }));
    await this.request('setBreakpoints', { source: { path: `${this.#place.folder}/${file}` }, breakpoints });
  }

  /** The next stop that was not taken yet. */
  async stopped(): Promise<Stop> {
    return (await this.event('stopped')).body as unknown as Stop;
  }

  /** The lines at which a stopped thread is, innermost first: `main.py:7 execute`. */
  async stack(threadId: number): Promise<{ frames: string[]; top: number }> {
    const { body } = await this.request('stackTrace', { threadId });
    const frames = body!['stackFrames'] as { id: number; name: string; line: number; source?: { path?: string } }[];
    const shown = frames.map(({ name, line, source }) => `${basename(source?.path ?? '?')}:${String(line)} ${name}`);
    return { frames: shown, top: frames[0]!.id };
  }

  async evaluate(expression: string, frameId: number): Promise<string> {
    const { body } = await this.request('evaluate', { expression, frameId, context: 'watch' });
    return body!['result'] as string;
  }

  async resume(threadId: number): Promise<void> {
    await this.request('continue', { threadId });
  }

  request(command: string, args: object = {}): Promise<DebugMessage> {
    const seq = (this.#seq += 1);
    const text = JSON.stringify({ seq, type: 'request', command, arguments: args });
    this.#child.stdin.write(`Content-Length: ${String(Buffer.byteLength(text))}\r\n\r\n${text}`);
    return this.#next((message) => message.type === 'response' && message.request_seq === seq, command).then(
      (answer) => {
        if (answer.success !== true) throw new Error(`${command}: ${answer.message ?? 'refused'}`);
        return answer;
      },
    );
  }

  event(name: string): Promise<DebugMessage> {
    return this.#next((message) => message.type === 'event' && message.event === name, `event ${name}`);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async close(): Promise<void> {
    for (const fail of [...this.#waiting]) fail();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }

  #next(fits: (message: DebugMessage) => boolean, what: string): Promise<DebugMessage> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const at = this.#messages.findIndex(fits);
        if (at < 0) return;
        end();
        resolve(this.#messages.splice(at, 1)[0]!);
      };
      const fail = (): void => {
        end();
        reject(new Error(`no ${what}; there are ${JSON.stringify(this.#messages).slice(0, 2000)}`));
      };
      const timer = setTimeout(fail, limitMs);
      const end = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        this.#waiting.delete(fail);
      };
      this.#listeners.add(look);
      this.#waiting.add(fail);
      look();
    });
  }

  #take(chunk: Buffer): void {
    for (const message of this.#reader.read(chunk)) {
      this.#messages.push(message);
      for (const look of [...this.#listeners]) look();
    }
  }
}
