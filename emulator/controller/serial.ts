// Runs asynchronous work one after another, in the order in which it was asked for.

export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** @returns the outcome of `work`, which begins when all earlier work has ended, however that ended. */
  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const outcome = this.#last.then(work);
    this.#last = outcome.catch(() => undefined);
    return outcome;
  }

  /** Resolves when all work asked for so far has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
