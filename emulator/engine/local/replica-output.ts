// The output of one replica, from its streams and its log frames: limited, counted, and its end kept for messages.
import type { EngineOutput } from '../engine.ts';
import type { LogPayload } from '../../../schemas/frames.ts';
import type { ReplicaId, VersionKey } from '../../../schemas/ids.ts';
import type { Clock, Timer } from '../../common/clock.ts';
import { OutputLimit, outputWindowMs, type OutputRate } from './output-limit.ts';

export type OutputStream = 'stdout' | 'stderr';

export interface ReplicaOutputOptions {
  readonly key: VersionKey;
  readonly replica: ReplicaId;
  readonly rate: OutputRate;
  readonly clock: Clock;
  readonly emit: (output: EngineOutput) => void;
}

/** Lines of stderr that go into the reason when the worker ends. */
const tailLines = 40;
/** Of each of them: a reason is shown in lists and sent with every snapshot. */
const tailLineChars = 400;

export class ReplicaOutput {
  readonly #options: ReplicaOutputOptions;
  readonly #limit: OutputLimit;
  #tail: string[] = [];
  #dropped = 0;
  #tellDropped: Timer | undefined;

  constructor(options: ReplicaOutputOptions) {
    this.#options = options;
    this.#limit = new OutputLimit(options.rate);
  }

  /** Whether a raw line may pass; one that may not is counted, and the count is told within a second. */
  admit(bytes: number): boolean {
    if (this.#limit.admit(this.#options.clock.monotonic(), bytes)) return true;
    this.#drop(1);
    return false;
  }

  line(stream: OutputStream, text: string): void {
    this.#emit(stream, text, {});
  }

  /** The platform itself says something about the replica. */
  note(text: string): void {
    const { key, replica, emit } = this.#options;
    emit({ key, replica, stream: 'platform', text, dropped: 0 });
  }

  /** A log frame; the worker has limited it already. */
  log({ stream, text, requests, dropped }: LogPayload): void {
    if (dropped !== undefined && dropped > 0) this.#drop(dropped);
    // A frame that only tells what was dropped.
    if (text === '' && dropped !== undefined) return;
    for (const line of text.split('\n')) this.#emit(stream, line, requests === undefined ? {} : { requests });
  }

  /** The last lines of stderr since the last reset; empty when there were none. */
  tail(): string {
    return this.#tail.join('\n');
  }

  /** A new process of the replica begins. */
  reset(): void {
    this.#tail = [];
  }

  close(): void {
    this.#tellDropped?.cancel();
    this.#told();
  }

  #emit(stream: OutputStream, text: string, extra: Pick<EngineOutput, 'requests'>): void {
    if (stream === 'stderr') {
      this.#tail.push(text.slice(0, tailLineChars));
      if (this.#tail.length > tailLines) this.#tail.shift();
    }
    const { key, replica, emit } = this.#options;
    emit({ key, replica, stream, text, dropped: 0, ...extra });
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#tellDropped ??= this.#options.clock.after(outputWindowMs, () => this.#told());
  }

  #told(): void {
    this.#tellDropped = undefined;
    if (this.#dropped === 0) return;
    const { key, replica, emit } = this.#options;
    emit({ key, replica, stream: 'platform', text: `… ${this.#dropped} lines dropped`, dropped: this.#dropped });
    this.#dropped = 0;
  }
}
