// Cuts what a debug adapter writes into its messages: a length in a header, then JSON.

/** More than the largest variable that an editor shows. */
const maxMessageBytes = 64 * 1024 * 1024;

export class MessageReader<Message> {
  #bytes = Buffer.alloc(0);

  /**
   * @returns the messages that are complete with `chunk`
   * @throws RangeError when one is longer than any adapter sends
   */
  *read(chunk: Buffer): Generator<Message> {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const head = /^Content-Length: (\d+)\r\n(?:.+\r\n)*\r\n/.exec(this.#bytes.subarray(0, 256).toString('latin1'));
      if (head === null) return;
      const end = head[0].length + Number(head[1]);
      if (end > maxMessageBytes) throw new RangeError(`a message of ${end} bytes`);
      if (this.#bytes.length < end) return;
      const message = JSON.parse(this.#bytes.subarray(head[0].length, end).toString('utf8')) as Message;
      this.#bytes = this.#bytes.subarray(end);
      yield message;
    }
  }
}
