// Parser of server-sent events (WHATWG HTML, section 9.2): text in any pieces in, whole messages out.

export interface ServerSentEvent {
  /** The `event` field; `message` when there was none. */
  readonly kind: string;
  readonly data: string;
}

const maxPendingChars = 16 * 1024 * 1024;

export class ServerSentEventParser {
  #pending = '';
  #kind = '';
  #data: string[] = [];

  /** @returns the messages that `text` completed. Comments and the `id` and `retry` fields are passed over. */
  push(text: string): ServerSentEvent[] {
    this.#pending += text;
    if (this.#pending.length > maxPendingChars) throw new Error('a line of the event stream has no end');
    // A lone \r at the end may be half of \r\n: it waits for what follows.
    const lines = this.#pending.split(/\r\n|\n|\r(?!$)/);
    this.#pending = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line));
  }

  #line(line: string): ServerSentEvent[] {
    if (line === '') return this.#complete();
    const colon = line.indexOf(':');
    if (colon === 0) return [];
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.#data.push(value);
    if (field === 'event') this.#kind = value;
    return [];
  }

  #complete(): ServerSentEvent[] {
    const message = { kind: this.#kind === '' ? 'message' : this.#kind, data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#kind = '';
    this.#data = [];
    return empty ? [] : [message];
  }
}
