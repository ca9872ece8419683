// One accepted request on its way through a version: what the queue and the lanes know of it.
import type { ResultFrame } from '../link/result-frame.ts';
import type { SlipwayError } from '../common/errors.ts';
import type { Protocol } from './error-answer.ts';

/** Requests that may share a batch; made once for each content type. */
export interface TicketGroup {
  readonly key: string;
  readonly protocol: Protocol;
  /** The encoded head of their batch frames. */
  readonly head: Buffer;
}

export interface Ticket {
  readonly id: string;
  readonly group: TicketGroup;
  /** See schemas/frames.ts. */
  readonly meta: string;
  readonly body: Buffer;
  /** Clock.monotonic() at which the whole request was there. */
  readonly arrivedAt: number;
  /** Clock.monotonic() after which nobody waits for the answer. */
  readonly deadlineAt: number;
  /** True from the moment it was answered, expired or abandoned; nothing is done for it any more. */
  readonly done: boolean;
  /** True while it stands in the queue; kept by the queue alone. */
  waiting: boolean;
  /** Workers that died or fell silent while they executed it. */
  deaths: number;
  /** The answer of item `index` of `result`, executed by `replica` in a batch of `batchItems`. */
  answer(result: ResultFrame, index: number, replica: string, batchItems: number): void;
  fail(error: SlipwayError): void;
  /** It was not executed, and its version will not: goes where the traffic of its task goes now, or fails. */
  refuse(error: SlipwayError): void;
}
