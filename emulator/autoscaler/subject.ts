// What is scaled: the versions whose load counts together and that get the same number, as the controller sees them now.
import type { TaskName, VersionId, VersionKey } from '../../schemas/ids.ts';
import type { ScalingWhy } from '../../schemas/scaling.ts';
import type { DecideInput } from './decide.ts';

export interface Subject extends Pick<
  DecideInput,
  'rules' | 'current' | 'ready' | 'paused' | 'failedStarts' | 'startFailure' | 'room' | 'noRoom' | 'upOnly'
> {
  /** The same over its whole life; another set of versions is another subject. */
  readonly id: string;
  readonly task: TaskName;
  /** The versions; the first one names the subject to the user. */
  readonly versions: readonly { readonly id: VersionId; readonly key: VersionKey }[];
}

/** What an autoscaler asks of the controller. */
export interface Proposal {
  readonly subject: Subject;
  readonly to: number;
  readonly why: ScalingWhy;
  readonly inputs: Readonly<Record<string, number>>;
}
