// How often an address may be wrong about a token before it is not listened to for a while. Bounded in memory.
import type { Clock } from '../../common/clock.ts';
import { SlipwayError } from '../../common/errors.ts';

export interface AccessLimitOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Wrong tokens in a window before it closes. */
  readonly failures: number;
  readonly windowMs: number;
}

interface Window {
  readonly since: number;
  readonly count: number;
}

/** Addresses remembered at once; beyond it the oldest are forgotten. */
const maxAddresses = 10_000;

export class AccessLimit {
  readonly #options: AccessLimitOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: AccessLimitOptions) {
    this.#options = options;
  }

  /**
   * Before the token is looked at.
   * @param key the address and the public part of the token: a good token is not locked out by a neighbour's bad one
   * @throws SlipwayError too_many_logins
   */
  check(key: string): void {
    const { clock, failures, windowMs } = this.#options;
    const window = this.#windows.get(key);
    if (window === undefined) return;
    const leftMs = window.since + windowMs - clock.monotonic();
    if (leftMs <= 0) this.#windows.delete(key);
    else if (window.count >= failures) {
      const seconds = Math.ceil(leftMs / 1000);
      throw new SlipwayError('too_many_logins', `${window.count} wrong tokens from this address.`, {
        hint: `Try again in ${seconds} s, with a token that is valid.`,
      });
    }
  }

  failed(key: string): void {
    const before = this.#windows.get(key);
    this.#windows.delete(key);
    this.#windows.set(key, {
      since: before?.since ?? this.#options.clock.monotonic(),
      count: (before?.count ?? 0) + 1,
    });
    if (this.#windows.size <= maxAddresses) return;
    for (const oldest of this.#windows.keys()) return void this.#windows.delete(oldest);
  }
}
