// Progress of long work on stderr: one moving line on a terminal, plain lines anywhere else.
import { noPaint, type Paint } from './paint.ts';
import type { OutputStream } from './terminal.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

export class Progress {
  readonly #stream: OutputStream;
  readonly #paint: Paint;
  #text = '';
  #frame = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: OutputStream, paint: Paint = noPaint) {
    this.#stream = stream;
    this.#paint = paint;
  }

  /** What is being done now; saying the same again changes nothing. */
  step(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${text}\n`);
      return;
    }
    this.#timer ??= setInterval(() => this.#draw(), frameMs).unref();
    this.#draw();
  }

  /** A figure that changes often: shown on a terminal, silent elsewhere. */
  tick(text: string): void {
    if (this.#stream.isTTY === true) this.step(text);
  }

  /** A line that stays, above the moving one. */
  say(line: string): void {
    this.#clear();
    this.#stream.write(`${line}\n`);
    if (this.#timer !== undefined) this.#draw();
  }

  /** Takes the moving line away. */
  end(): void {
    if (this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#clear();
    }
    this.#timer = undefined;
    this.#text = '';
  }

  #draw(): void {
    this.#frame = (this.#frame + 1) % frames.length;
    const room = Math.max(10, (this.#stream.columns ?? 80) - 3);
    const text = Array.from(this.#text).slice(0, room).join('');
    this.#stream.write(`\r\u001b[2K${this.#paint(frames[this.#frame]!, 'busy')} ${text}`);
  }

  #clear(): void {
    if (this.#timer !== undefined) this.#stream.write('\r\u001b[2K');
  }
}
