// Where gateways hand on what users of answers report.
import type { VersionKey } from '../../schemas/ids.ts';

export interface FeedbackSink {
  /**
   * @param outcome in the service's own units
   * @returns false when the request had its feedback already; sinks elsewhere answer later
   * @throws SlipwayError request_unfit when the outcome is out of the declared range
   */
  take(key: VersionKey, feedback: { readonly request: string; readonly outcome: number }): boolean | Promise<boolean>;
}
