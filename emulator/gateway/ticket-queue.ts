// The waiting requests of one version, in the order of their arrival within each group; bounded by its owner.
import { Ring } from './ring.ts';
import type { Ticket } from './ticket.ts';

/** Dead tickets are swept once there are this many more of them than live ones. */
const sweepSlack = 64;

export class TicketQueue {
  readonly #groups = new Map<string, Ring<Ticket>>();
  /** Tickets whose worker died: they go first, and alone, so that one of them cannot take the others along again. */
  readonly #suspects = new Ring<Ticket>();
  #depth = 0;
  #dead = 0;

  /** Tickets that wait and are wanted. */
  get depth(): number {
    return this.#depth;
  }

  push(ticket: Ticket): void {
    this.#ring(ticket).push(ticket);
    ticket.waiting = true;
    this.#depth++;
  }

  /** Puts back what was handed out and certainly not executed, before everything else, in its order. */
  putBack(tickets: readonly Ticket[]): void {
    for (let i = tickets.length - 1; i >= 0; i--) {
      const ticket = tickets[i]!;
      if (ticket.done) continue;
      if (ticket.deaths > 0) this.#suspects.unshift(ticket);
      else this.#ring(ticket).unshift(ticket);
      ticket.waiting = true;
      this.#depth++;
    }
  }

  /** A waiting ticket is done (expired, abandoned); it stays in its place for now, but counts no more. */
  forget(): void {
    this.#depth--;
    this.#dead++;
    if (this.#dead > this.#depth + sweepSlack) this.#sweep();
  }

  /** The next one, or undefined when nothing waits. */
  peek(): Ticket | undefined {
    return this.#depth === 0 ? undefined : this.#oldest()?.peek();
  }

  /** How many `take` could give at once, up to `max`. Counting stops there, so it is no work for each waiting one. */
  available(max: number): number {
    if (this.#depth === 0) return 0;
    const ring = this.#oldest();
    if (ring === undefined) return 0;
    if (ring === this.#suspects) return 1;
    return Math.min(max, this.#groups.size === 1 ? this.#depth : ring.length);
  }

  /** The oldest ticket and up to `max - 1` others that may share a batch with it. Empty when nothing waits. */
  take(max: number): Ticket[] {
    const taken: Ticket[] = [];
    const ring = this.#oldest();
    if (ring === undefined) return taken;
    const most = ring === this.#suspects ? 1 : max;
    while (taken.length < most) {
      const ticket = ring.shift();
      if (ticket === undefined) break;
      if (ticket.done) this.#dead--;
      else taken.push(ticket);
      ticket.waiting = false;
    }
    this.#depth -= taken.length;
    return taken;
  }

  /** Everything, for an owner that gives up. */
  takeAll(): Ticket[] {
    const all: Ticket[] = [];
    while (this.#depth > 0) all.push(...this.take(this.#depth));
    return all;
  }

  #ring(ticket: Ticket): Ring<Ticket> {
    let ring = this.#groups.get(ticket.group.key);
    if (ring === undefined) this.#groups.set(ticket.group.key, (ring = new Ring()));
    return ring;
  }

  /** The ring with the oldest live ticket; empty rings are dropped on the way, but for the last one. */
  #oldest(): Ring<Ticket> | undefined {
    if (this.#live(this.#suspects)) return this.#suspects;
    let best: Ring<Ticket> | undefined;
    for (const [key, ring] of this.#groups) {
      if (!this.#live(ring)) {
        if (this.#groups.size > 1) this.#groups.delete(key);
      } else if (best === undefined || ring.peek()!.arrivedAt < best.peek()!.arrivedAt) best = ring;
    }
    return best;
  }

  #live(ring: Ring<Ticket>): boolean {
    while (ring.peek()?.done === true) {
      ring.shift();
      this.#dead--;
    }
    return ring.length > 0;
  }

  #sweep(): void {
    for (const ring of [this.#suspects, ...this.#groups.values()]) ring.filter((ticket) => !ticket.done);
    this.#dead = 0;
  }
}
