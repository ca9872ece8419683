// The adapter of one session: debugpy's, over its standard input and output, with our configuration in its own words.
// When it waits for the replica, the platform is told; nothing of it stays when the session or the editor ends.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { Disposable, EventEmitter, type DebugAdapter, type DebugProtocolMessage } from 'vscode';
import { randomBytes } from 'node:crypto';
import { childEnvironment } from '../platforms/child-environment.ts';
import { readSettings } from '../platforms/settings.ts';
import { MessageReader } from './message-reader.ts';
import type { Plan } from './plan.ts';

interface Message {
  readonly type: string;
  readonly command?: string;
  readonly event?: string;
  readonly body?: { readonly port?: number };
  readonly arguments?: unknown;
}

/** An adapter that was told to end and does not is killed after this. */
const graceMs = 2_000;

export interface Waiting {
  readonly port: number;
  readonly token: string;
}

export interface AdapterListener {
  /** It waits for the replica. */
  waiting(waiting: Waiting): Promise<void>;
  /** The session can have no replica. */
  failed(error: unknown): void;
  /** The code stands still, or goes on. */
  held(held: boolean): void;
  /** It is over, and nobody of this editor ended it. */
  lost(): void;
}

/** Requests after whose answer the code runs. */
const goesOn: ReadonlySet<string> = new Set(['continue', 'next', 'stepIn', 'stepOut', 'goto']);
/** Requests by which an editor ends a session. */
const ends: ReadonlySet<string> = new Set(['terminate', 'disconnect', 'restart']);

export class Adapter extends Disposable implements DebugAdapter {
  readonly #plan: Plan;
  readonly #listener: AdapterListener;
  #over = false;
  /** What the adapter has to know before a replica obeys it. */
  readonly #token = randomBytes(32).toString('hex');
  readonly #sent = new EventEmitter<DebugProtocolMessage>();
  readonly onDidSendMessage = this.#sent.event;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #reader = new MessageReader<Message>();

  constructor(plan: Plan, listener: AdapterListener) {
    super(() => undefined);
    this.#plan = plan;
    this.#listener = listener;
    const { python, debugger: path, runtime } = plan.kit;
    this.#child = spawn(python, ['-m', 'slipway.debug_adapter', path], {
      env: childEnvironment(readSettings(), {
        PYTHONPATH: runtime,
        // What the adapter launches itself has a token of its own.
        ...(plan.command === 'attach' ? { SLIPWAY_DEBUG_TOKEN: this.#token } : {}),
      }),
      windowsHide: true,
    });
    this.#child.on('error', (error) => this.#end(error));
    this.#child.on('close', () => this.#end(undefined));
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.resume();
    this.#child.stdout.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  handleMessage(message: DebugProtocolMessage): void {
    const { type, command = '' } = message as Message;
    if (type === 'request' && ends.has(command)) this.#over = true;
    const text = JSON.stringify(translated(message as Message, this.#plan));
    this.#child.stdin.write(`Content-Length: ${Buffer.byteLength(text).toString()}\r\n\r\n${text}`);
  }

  override dispose(): void {
    this.#over = true;
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    this.#child.once('close', () => clearTimeout(timer));
  }

  #end(error: unknown): void {
    if (error !== undefined) {
      this.#over = true;
      this.#listener.failed(error);
    }
    this.#lose();
    this.#sent.fire({ type: 'event', event: 'terminated', seq: 0 });
  }

  #lose(): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.lost();
  }

  #take(chunk: Buffer): void {
    try {
      for (const message of this.#reader.read(chunk)) this.#hand(message);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.dispose();
    }
  }

  #hand(message: Message): void {
    if (message.event === 'debugpyWaitingForServer') {
      const { port } = message.body ?? {};
      if (port !== undefined)
        this.#listener.waiting({ port, token: this.#token }).catch((error: unknown) => this.#listener.failed(error));
      return;
    }
    const { type, event, command = '' } = message;
    if (event === 'stopped') this.#listener.held(true);
    if (event === 'continued' || (type === 'response' && goesOn.has(command))) this.#listener.held(false);
    if (event === 'terminated') this.#lose();
    this.#sent.fire(message);
  }
}

/** In the words of the adapter. A replica is let go at the end of its session: it belongs to its platform, and goes on. */
function translated(message: Message, { command, arguments: beginning }: Plan): Message {
  if (message.type !== 'request') return message;
  switch (message.command) {
    case 'launch':
    case 'attach':
      return { ...message, command, arguments: beginning };
    case 'terminate':
    case 'disconnect':
      if (command === 'launch') return message;
      return { ...message, command: 'disconnect', arguments: { terminateDebuggee: false } };
    default:
      return message;
  }
}
