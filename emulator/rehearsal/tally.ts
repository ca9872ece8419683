// How a run goes so far, in one line, for whoever watches it. Each record is looked at once.
import { fateOf, type Fate, type RequestRecord } from './history.ts';

export class Tally {
  readonly #records: readonly RequestRecord[];
  readonly #counts: Record<Fate, number> = { answered: 0, refused: 0, lost: 0 };
  #seen = 0;
  #lastMs = 0;

  constructor(records: readonly RequestRecord[]) {
    this.#records = records;
  }

  /** `4 s: 812 answered (203 a second), 0 refused, 0 lost` */
  line(nowMs: number): string {
    const before = this.#counts.answered;
    for (; this.#seen < this.#records.length; this.#seen++) this.#counts[fateOf(this.#records[this.#seen]!)]++;
    const { answered, refused, lost } = this.#counts;
    const rate = (1000 * (answered - before)) / Math.max(1, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    return `${(nowMs / 1000).toFixed(0)} s: ${answered} answered (${rate.toFixed(0)} a second), ${refused} refused, ${lost} lost`;
  }
}

/** Tells the line each second until it is ended. @returns a function that ends it */
export function tellEachSecond(
  load: { readonly records: readonly RequestRecord[]; readonly nowMs: number },
  tell: (line: string) => void,
  after: (delayMs: number, run: () => void) => { cancel(): void },
): () => void {
  const tally = new Tally(load.records);
  let timer = after(1_000, tick);
  function tick(): void {
    tell(tally.line(load.nowMs));
    timer = after(1_000, tick);
  }
  return () => timer.cancel();
}
