// Why a debug session is over that nobody of this editor ended, by what its platform tells. Pure.
import type { PlatformEvent } from '../../schemas/events.ts';
import type { TaskView } from '../../schemas/tasks.ts';

export type Loss =
  | { readonly kind: 'platform' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'replica'; readonly event: PlatformEvent };

export interface Debugged {
  readonly task: string;
  /** The replica that it was attached to; else the first one of `version`. */
  readonly replica: string | undefined;
  readonly version: string | undefined;
  /** Number of the newest event when the session began. */
  readonly since: number;
}

export interface Seen {
  /** Whether the platform is there. */
  readonly ready: boolean;
  readonly tasks: readonly Pick<TaskView, 'name' | 'state'>[];
  /** Newest last. */
  readonly events: readonly PlatformEvent[];
}

/** @returns undefined while the platform has not told yet */
export function lossOf(debugged: Debugged, { ready, tasks, events }: Seen): Loss | undefined {
  const { task, replica, version, since } = debugged;
  const newer = events.filter(({ seq }) => seq > since);
  if (!ready || newer.some(({ body }) => body.kind === 'platform.stopping')) return { kind: 'platform' };
  const state = tasks.find(({ name }) => name === task)?.state;
  if (state === undefined) return { kind: 'deleted' };
  if (state === 'stopped') return { kind: 'stopped' };
  const event = newer.findLast(
    ({ body }) =>
      body.kind === 'replica.exited' &&
      body.task === task &&
      (replica === undefined ? version === undefined || body.version === version : body.replica === replica),
  );
  return event === undefined ? undefined : { kind: 'replica', event };
}
