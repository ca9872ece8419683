// Where gateways hand on what users of answers report.
import type { VersionKey } from '../../schemas/ids.ts';

import { SlipwayError } from '../common/errors.ts';

export interface FeedbackSink {
  /**
   * @param outcome in the service's own units
   * @returns false when the request had its feedback already
   * @throws SlipwayError request_unfit when the outcome is out of the declared range
   */
  take(key: VersionKey, feedback: { readonly request: string; readonly outcome: number }): boolean;
}

/** For gateways that have nowhere to hand it on to. */
export const noFeedback: FeedbackSink = {
  take() {
    throw new SlipwayError('route_not_found', 'this platform takes no feedback');
  },
};
