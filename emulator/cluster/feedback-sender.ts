// Hands feedback that a gateway took on to the leading controller, which keeps the experiments; what comes together goes
// together. Without a controller it is refused as not counted, and the client may send it again.
import { FeedbackAnswer, type FeedbackReport } from '../../schemas/cluster.ts';
import type { VersionKey } from '../../schemas/ids.ts';
import { SlipwayError } from '../common/errors.ts';
import type { FeedbackSink } from '../observe/feedback.ts';
import type { Inside } from './inside.ts';

type Item = FeedbackReport['items'][number];

interface Waiting {
  readonly item: Item;
  readonly resolve: (fresh: boolean) => void;
  readonly reject: (error: unknown) => void;
}

export class FeedbackSender implements FeedbackSink {
  readonly #inside: Pick<Inside, 'json'>;
  #waiting: Waiting[] = [];

  constructor(inside: Pick<Inside, 'json'>) {
    this.#inside = inside;
  }

  take(
    key: VersionKey,
    { request, outcome }: { readonly request: string; readonly outcome: number },
  ): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item: { key, request, outcome }, resolve, reject });
      if (this.#waiting.length === 1) queueMicrotask(() => void this.#send());
    });
  }

  async #send(): Promise<void> {
    const sent = this.#waiting;
    this.#waiting = [];
    const report: FeedbackReport = { items: sent.map(({ item }) => item) };
    try {
      const answer = await this.#inside.json({ method: 'POST', path: '/feedback', body: JSON.stringify(report) });
      const { fresh } = FeedbackAnswer.parse(answer);
      for (const [index, { resolve }] of sent.entries()) resolve(fresh[index] === true);
    } catch (error) {
      for (const { reject } of sent) reject(told(error));
    }
  }
}

/** The controller's own refusals are for the client; that there is none is said in its words. */
function told(error: unknown): unknown {
  if (error instanceof SlipwayError && error.code !== 'platform_unreachable') return error;
  return new SlipwayError('platform_unreachable', 'No controller takes feedback now; it was not counted.', {
    hint: 'Send it again in some seconds.',
    cause: error,
  });
}
