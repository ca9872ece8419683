// How long a debugger has held a replica. The deadlines of what it holds meanwhile are put off by as much. Pure but for its count.
import type { Ticket } from './ticket.ts';

/** While it holds, deadlines are put off by at least this much at a time. */
const stepMs = 250;

export class Pause {
  #beforeMs = 0;
  #since: number | undefined;

  get now(): boolean {
    return this.#since !== undefined;
  }

  /** @param at Clock.monotonic() */
  set(paused: boolean, at: number): void {
    if (paused) this.#since ??= at;
    else if (this.#since !== undefined) {
      this.#beforeMs += at - this.#since;
      this.#since = undefined;
    }
  }

  /** Milliseconds of all pauses until `at`. */
  totalMs(at: number): number {
    return this.#beforeMs + (this.#since === undefined ? 0 : at - this.#since);
  }
}

/** What a lane says of the request whose deadline has come. */
export interface Held {
  /** Milliseconds for which it was held by a debugger, with its replica. */
  readonly pausedMs: number;
  readonly now: boolean;
}

/** A lane, as far as this is concerned. */
export interface Pausable {
  readonly paused: boolean;
  readonly open: boolean;
  /** undefined when it does not have the request. */
  held(ticket: Ticket): Held | undefined;
}

/** Whether what waits could be taken only by replicas that a debugger holds. */
export function onlyHeld(lanes: readonly Pick<Pausable, 'paused' | 'open'>[]): boolean {
  return lanes.some(({ paused }) => paused) && !lanes.some(({ open }) => open);
}

/**
 * By how much the deadline of a request, which has come, is put off; 0 lets it expire. A request that waits has all of its
 * time again when every replica that could take it is held.
 * @param deadline by how much it was put off before, and how long the client wanted to wait
 */
export function putOffMs(
  lanes: readonly Pausable[],
  ticket: Ticket,
  { grantedMs, wholeMs }: { readonly grantedMs: number; readonly wholeMs: number },
): number {
  const held = lanes.map((lane) => lane.held(ticket)).find((one) => one !== undefined);
  if (held === undefined) return onlyHeld(lanes) ? wholeMs : 0;
  const owedMs = held.pausedMs - grantedMs;
  return held.now ? Math.max(stepMs, owedMs) : Math.max(0, owedMs);
}
