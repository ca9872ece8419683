// Cuts the raw output of a process into lines that are safe to show. Holds at most one line.

/** Longer lines are cut here; how much was cut is said at their end. */
export const maxLineBytes = 8 * 1024;
const newline = 0x0a;

export interface LineSink {
  /** Asked before a line is made into text: a refused line costs next to nothing. */
  admit(bytes: number): boolean;
  line(text: string): void;
}

export class LineSplitter {
  readonly #sink: LineSink;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #cutBytes = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    let at = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, at)) {
      if (this.#heldBytes === 0) this.#whole(chunk.subarray(at, end));
      else {
        this.#hold(chunk.subarray(at, end));
        this.flush();
      }
      at = end + 1;
    }
    // A copy, so that a short rest does not keep a whole chunk in memory.
    if (at < chunk.length) this.#hold(Buffer.from(chunk.subarray(at, at + maxLineBytes)), chunk.length - at);
  }

  /** Passes on what came after the last line end, if anything did. */
  flush(): void {
    if (this.#heldBytes === 0) return;
    const line = Buffer.concat(this.#held, this.#heldBytes);
    const cut = this.#cutBytes;
    this.#held = [];
    this.#heldBytes = 0;
    this.#cutBytes = 0;
    this.#pass(line, cut);
  }

  #whole(line: Buffer): void {
    this.#pass(line.subarray(0, maxLineBytes), Math.max(0, line.length - maxLineBytes));
  }

  #pass(line: Buffer, cutBytes: number): void {
    if (!this.#sink.admit(line.length)) return;
    this.#sink.line(printable(line) + (cutBytes > 0 ? ` … ${cutBytes} bytes cut` : ''));
  }

  #hold(part: Buffer, totalBytes: number = part.length): void {
    const kept = part.subarray(0, maxLineBytes - this.#heldBytes);
    this.#cutBytes += totalBytes - kept.length;
    if (kept.length === 0) return;
    this.#held.push(kept);
    this.#heldBytes += kept.length;
  }
}

// eslint-disable-next-line no-control-regex -- finding control characters is what it is for
const colours = /\x1b\[[0-9;]*m/g;
// eslint-disable-next-line no-control-regex -- as above
const controls = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Invalid UTF-8 becomes U+FFFD, colours go, and other control characters but the tab become their codes. */
export function printable(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .replace(/\r$/, '')
    .replace(colours, '')
    .replace(controls, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
