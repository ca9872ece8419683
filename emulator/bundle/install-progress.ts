// What an installer prints, as a few words for the user, at most once a second.
import type { Clock, Timer } from '../common/clock.ts';

/** A step that says nothing new is shown again with its time after this long. */
const repeatMs = 5_000;

/** Turns lines into progress: at most one text a second, and the time a step has taken when it takes long. */
export class InstallReport {
  readonly #clock: Clock;
  readonly #progress: (text: string) => void;
  readonly #start: number;
  #text: string;
  #shown = '';
  #shownAt = 0;
  #timer: Timer;

  constructor(text: string, clock: Clock, progress: (text: string) => void) {
    this.#text = text;
    this.#clock = clock;
    this.#progress = progress;
    this.#start = clock.monotonic();
    this.#show();
    this.#timer = this.#tick();
  }

  line(line: string): void {
    this.#text = progressOf(line) ?? this.#text;
  }

  close(): void {
    this.#timer.cancel();
  }

  #tick(): Timer {
    return this.#clock.after(1_000, () => {
      if (this.#text !== this.#shown || this.#clock.monotonic() - this.#shownAt >= repeatMs) this.#show();
      this.#timer = this.#tick();
    });
  }

  #show(): void {
    const seconds = Math.round((this.#clock.monotonic() - this.#start) / 1000);
    this.#shown = this.#text;
    this.#shownAt = this.#clock.monotonic();
    this.#progress(seconds > 0 ? `${this.#text} (${seconds} s)` : this.#text);
  }
}

/** What a line of pip or uv says of its progress, for the user; undefined for the many that say nothing. */
export function progressOf(line: string): string | undefined {
  const text = line.trim();
  if (/^Collecting \S/.test(text)) return `collecting ${text.split(/\s+/)[1]!}`;
  const download = /^Downloading (\S+)(?: metadata)? ?(\([^)]*\))?/.exec(text);
  if (download !== null) {
    return `downloading ${download[1]!.split('/').at(-1)!}${download[2] === undefined ? '' : ` ${download[2]}`}`;
  }
  if (text.startsWith('Building wheel')) return text.replace(/^B/, 'b').replace(/ \(.*$|[:.].*$/, '');
  if (text.startsWith('Installing collected packages')) {
    const count = text.split(',').length;
    return `installing ${count} package${count === 1 ? '' : 's'}`;
  }
  if (/^(?:Resolved|Prepared|Installed) \d+ packages?/.test(text)) return text.replace(/ in .*$/, '').toLowerCase();
  return undefined;
}
