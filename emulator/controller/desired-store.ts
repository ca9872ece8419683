// Where the desired state is kept: files on a laptop, custom resources in a cluster.
import type { Reason } from '../../schemas/errors.ts';
import type { TaskRecord } from './record.ts';

export interface StoredState {
  readonly records: readonly TaskRecord[];
  /** What could not be read, and where it was kept. */
  readonly damaged: readonly { readonly file: string; readonly reason: Reason }[];
}

export interface DesiredStore {
  /** Everything. @throws SlipwayError state_newer, home_unwritable, kubernetes_unavailable */
  load(): Promise<StoredState>;
  /** When it resolves, the record survives any crash. @throws SlipwayError why not; the one before is still there */
  save(record: TaskRecord): Promise<void>;
  remove(record: TaskRecord): Promise<void>;
}
