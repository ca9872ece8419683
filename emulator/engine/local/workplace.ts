// The contract of a workplace: what replicas of this machine run in, processes or containers. It prepares versions,
// hands out launchers, and leaves nothing behind; placement, health and restarts are the supervisor's.
import type { EngineVersion } from '../engine.ts';
import type { Reason } from '../../../schemas/errors.ts';
import type { VersionKey } from '../../../schemas/ids.ts';
import type { Target } from '../../../schemas/target.ts';
import type { Traits } from '../../../schemas/traits.ts';
import type { Closeable } from '../../common/closing.ts';
import type { NodeSpec } from './nodes.ts';
import type { OutputServer } from './output.ts';
import type { Prepared } from './version.ts';

export interface Workplace extends Closeable {
  readonly kind: 'process' | 'docker';
  /** Takes what replicas write. */
  readonly output: OutputServer;
  /** Set by the engine; called when what replicas run in does not answer any more, with the reason. */
  left?: ((reason: Reason) => void) | undefined;
  /** Set by the engine; called with the code of an error that kept replicas from starting and does so no more. */
  recovered?: ((code: Reason['code']) => void) | undefined;
  /** Ends what an earlier platform of this home left behind, then launches can come. */
  start(): Promise<void>;
  /** Makes the environment or image of a version. Rejects with a SlipwayError, or when `signal` aborts. */
  prepare(version: EngineVersion, progress: (text: string) => void, signal: AbortSignal): Promise<Prepared>;
  /** All orders are given: what was found running of versions that are not in `wanted` ends. Absent where nothing is found. */
  ordered?(wanted: ReadonlySet<VersionKey>): void;
  traits(nodes: readonly NodeSpec[]): Traits;
  /** What a service finds in it. @throws SlipwayError */
  target(): Promise<Target>;
  /** Called when no replica is left: ends everything else that it started. */
  close(): Promise<void>;
}
