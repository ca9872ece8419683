// Who uses a platform that another process started: it does not end with the one that started it while one of these is left.
import type { ServerResponse } from 'node:http';

/** An open stream that was asked for with `hold` is a user; whatever way it ends, its connection tells. */
export class Holds {
  readonly #open = new Set<ServerResponse>();
  readonly #waiting: (() => void)[] = [];

  add(response: ServerResponse): void {
    if (response.destroyed) return;
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      if (this.#open.size === 0) for (const tell of this.#waiting.splice(0)) tell();
    });
  }

  /** Resolves when nobody holds it: at once when nobody does. */
  free(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
