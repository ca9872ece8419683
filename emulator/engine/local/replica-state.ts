// The life of a replica: which state may follow which. Pure.
import type { ReplicaState } from '../../../schemas/tasks.ts';

const following: Readonly<Record<ReplicaState, readonly ReplicaState[]>> = {
  placing: ['starting', 'stopped'],
  starting: ['loading', 'ready', 'draining', 'failed', 'lost'],
  loading: ['ready', 'draining', 'failed', 'lost'],
  ready: ['paused', 'draining', 'failed', 'lost'],
  paused: ['ready', 'draining', 'failed', 'lost'],
  draining: ['stopped', 'lost'],
  // Started again after a pause, or given up.
  failed: ['starting', 'stopped', 'lost'],
  // The last ones. What is lost is replaced by another replica.
  stopped: [],
  lost: [],
};

export function mayFollow(state: ReplicaState, next: ReplicaState): boolean {
  return following[state].includes(next);
}

/** Whether a replica in this state counts towards the wanted number. */
export function counts(state: ReplicaState): boolean {
  return state !== 'draining' && state !== 'stopped' && state !== 'lost';
}

/** Whether a replica in this state takes room on its node. */
export function occupies(state: ReplicaState): boolean {
  return state !== 'placing' && state !== 'stopped';
}

/** Which replicas are the least loss, first ones first: those that do not serve, then the newest; what is being debugged is kept. */
export function surplus<T extends { readonly state: ReplicaState; readonly ordinal: number }>(
  replicas: readonly T[],
  count: number,
): readonly T[] {
  const living = replicas.filter((replica) => counts(replica.state));
  const order: readonly ReplicaState[] = ['failed', 'placing', 'starting', 'loading', 'ready', 'paused'];
  return [...living]
    .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.ordinal - a.ordinal)
    .slice(0, Math.max(0, living.length - count));
}
