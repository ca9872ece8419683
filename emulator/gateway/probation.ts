// A replica that fails again and again gets no requests for a while, then one on trial. Errors that the service raises
// are answers: they never count. Pure but for its own memory; times are Clock.monotonic().

/** Failures in a row, with no answer between, that eject. */
export const failuresToEject = 5;
const firstEjectionMs = 30_000;
const longestEjectionMs = 300_000;
/** After so long with nothing but answers, former ejections are forgotten. */
const forgetMs = 600_000;

export class Probation {
  #failures = 0;
  #times = 0;
  #until: number | undefined;
  #troubledAt = -Infinity;

  /** How often it was ejected, of late. */
  get times(): number {
    return this.#times;
  }

  /** When it may be tried again; undefined while it is a replica like others. */
  get until(): number | undefined {
    return this.#until;
  }

  /** `trial`: it gets one request, and nothing beside it. */
  standing(now: number): 'free' | 'ejected' | 'trial' {
    if (this.#until === undefined) return 'free';
    return now < this.#until ? 'ejected' : 'trial';
  }

  /**
   * It broke the protocol, fell silent or reset while it had work. True when that ejects it.
   * @param allowed false while as many others are out as may be
   */
  failed(now: number, allowed: boolean): boolean {
    if (now - this.#troubledAt > forgetMs) this.#times = 0;
    this.#troubledAt = now;
    this.#failures++;
    if (!allowed || (this.#until === undefined && this.#failures < failuresToEject)) return false;
    this.#times++;
    this.#failures = 0;
    this.#until = now + Math.min(longestEjectionMs, firstEjectionMs * this.#times);
    return true;
  }

  /** It answered. True when that ends its probation. */
  answered(): boolean {
    this.#failures = 0;
    if (this.#until === undefined) return false;
    this.#until = undefined;
    return true;
  }
}
