// Inputs that kill workers. After three dead workers an input is refused instead of being given a fourth.
import { createHash } from 'node:crypto';

const workersToConvict = 3;
/** Suspects remembered; the oldest is forgotten first. */
const maxSuspects = 1000;

export class Quarantine {
  readonly #deaths = new Map<string, number>();
  /** Sizes of convicted inputs: others are let through without being hashed. */
  readonly #sizes = new Map<number, number>();

  /** A worker died while it executed `body`. Returns the workers that it killed when that convicts it, else 0. */
  blame(body: Buffer): number {
    const key = digest(body);
    const deaths = (this.#deaths.get(key) ?? 0) + 1;
    this.#deaths.delete(key);
    this.#deaths.set(key, deaths);
    if (this.#deaths.size > maxSuspects) this.#forget(this.#deaths.keys().next().value!);
    if (deaths !== workersToConvict) return 0;
    this.#sizes.set(body.length, (this.#sizes.get(body.length) ?? 0) + 1);
    return deaths;
  }

  /** `body` was executed and its worker lived. */
  clear(body: Buffer): void {
    this.#forget(digest(body));
  }

  convicted(body: Buffer): boolean {
    if (this.#sizes.size === 0 || !this.#sizes.has(body.length)) return false;
    return (this.#deaths.get(digest(body)) ?? 0) >= workersToConvict;
  }

  #forget(key: string): void {
    this.#deaths.delete(key);
  }
}

/** Names an input in events, without showing it. */
export function inputName(body: Buffer): string {
  return `sha256:${digest(body).slice(0, 16)} (${body.length} bytes)`;
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
