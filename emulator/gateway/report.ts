// What a gateway noticed that the platform's events should tell. Where it goes is up to whoever made the gateway.
import type { Reason } from '../../schemas/errors.ts';
import type { ReplicaId } from '../../schemas/ids.ts';
import type { VersionRoute } from '../router/table.ts';

export type GatewayReport =
  /** An input killed its last worker and is refused from now on. */
  | { readonly kind: 'quarantined'; readonly input: string; readonly workers: number }
  | {
      readonly kind: 'ejected';
      readonly replica: ReplicaId;
      /** Milliseconds since the epoch. */
      readonly until: number;
      readonly times: number;
      readonly reason: Reason;
    }
  | { readonly kind: 'readmitted'; readonly replica: ReplicaId }
  | {
      readonly kind: 'mismatch';
      readonly request: string;
      /** Of the original and of the copy. */
      readonly statuses: readonly [number, number];
      /** Mismatches since the last report of one. */
      readonly count: number;
    };

/** Must not throw. */
export type Reporter = (route: VersionRoute, report: GatewayReport) => void;
