// `POST /<task>/feedback`: how good answers were, by their request ids and versions. The client brings both back from the
// answer, so that any gateway can take it, however long after.
import type { IncomingMessage } from 'node:http';
import { FeedbackBody } from '../../schemas/experiment.ts';
import type { VersionKey } from '../../schemas/ids.ts';
import type { Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { FeedbackSink } from '../observe/feedback.ts';

export interface FeedbackOptions {
  readonly clock: Clock;
  readonly sink: FeedbackSink;
  /** @throws SlipwayError task_not_found, version_not_found */
  readonly keyOf: (version: string) => VersionKey;
}

export interface FeedbackOutcome {
  /** Outcomes that count. */
  readonly accepted: number;
  /** Of requests that had a feedback already. */
  readonly duplicates: number;
}

const maxBytes = 256 * 1024;
const bodyMs = 10_000;

/**
 * All of a list is checked before any of it counts, but for the range of outcomes, which ends the list where it is left.
 * @throws SlipwayError request_malformed, request_too_large, request_timeout, version_not_found, request_unfit
 */
export async function receiveFeedback(request: IncomingMessage, options: FeedbackOptions): Promise<FeedbackOutcome> {
  const items = parse(await readBody(request, options.clock));
  const keyed = items.map((item) => ({ item, key: options.keyOf(item.version) }));
  const taken = keyed.map(({ item, key }) => Promise.resolve(options.sink.take(key, item)));
  const accepted = (await Promise.all(taken)).filter((fresh) => fresh).length;
  return { accepted, duplicates: items.length - accepted };
}

function parse(text: string): readonly { request: string; version: string; outcome: number }[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed('the feedback is not JSON', error);
  }
  const parsed = FeedbackBody.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = deepest(parsed.error.issues[0]!);
  throw malformed(`the feedback does not fit: ${issue}`, parsed.error);
}

interface Issue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly errors?: readonly (readonly Issue[])[];
}

/** What is wrong with the form that fits best: one, or a list. */
function deepest(issue: Issue): string {
  const inner = issue.errors?.flat().sort((one, other) => other.path.length - one.path.length)[0];
  if (inner !== undefined) return deepest(inner);
  return `${issue.path.map(String).join('.')}: ${issue.message}`;
}

function malformed(message: string, cause: unknown): SlipwayError {
  return new SlipwayError('request_malformed', message, {
    cause,
    hint: 'Send {"request": x-slipway-request, "version": x-slipway-version, "outcome": a number}, as the answer had them.',
  });
}

function readBody(request: IncomingMessage, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const end = (error?: SlipwayError): void => {
      timer.cancel();
      request.removeAllListeners('data');
      if (error === undefined) resolve(Buffer.concat(chunks, bytes).toString('utf8'));
      else reject(error);
    };
    const timer = clock.after(bodyMs, () => end(new SlipwayError('request_timeout', 'the feedback stopped arriving')));
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes) end(new SlipwayError('request_too_large', `feedback has at most ${maxBytes} bytes`));
    });
    request.on('end', () => end());
    request.on('close', () =>
      end(new SlipwayError('request_malformed', 'the client left before the end of its feedback')),
    );
  });
}
