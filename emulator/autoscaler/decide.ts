// How many replicas there should be, and why. Pure: the load, the present number and the time in, a decision out.
import type { ScalingCause, ScalingHold, ScalingWhy } from '../../schemas/scaling.ts';
import type { MeanLoad } from './load-window.ts';
import { causeOf } from './reasons.ts';
import { tickMs, type ScalingRules } from './rules.ts';

export interface DecideInput {
  readonly rules: ScalingRules;
  /** Replicas that are wanted now. */
  readonly current: number;
  /** Replicas that take requests, those paused by a debugger left out. */
  readonly ready: number;
  readonly paused: number;
  /** Failed starts of replicas that are not ready, and why the last one failed. */
  readonly failedStarts: number;
  readonly startFailure?: string;
  /** Further replicas that nodes have room for, and what is short for one more. */
  readonly room: number;
  readonly noRoom?: string;
  /** A rollout replaces replicas: more are given, none is taken. */
  readonly upOnly: boolean;
  /** Over the stable and over the panic window; undefined is no data, which is not zero. */
  readonly stable: MeanLoad | undefined;
  readonly panic: MeanLoad | undefined;
  /** Requests queued and executing at this moment; undefined is no data. */
  readonly inFlight: number | undefined;
  /** Milliseconds for which no request was there. */
  readonly idleMs: number;
  readonly memory: ScalerMemory;
}

export interface ScalerMemory {
  /** Until then nothing is taken away, in milliseconds of the clock that never goes back. */
  readonly panicUntil: number;
  /** When the number changed last. */
  readonly changedAt: number;
}

export const newMemory: ScalerMemory = { panicUntil: -Infinity, changedAt: -Infinity };

/** What kept the number from what the load asks for. */
export type Hold = ScalingHold['kind'] | 'no-data';

export interface Decision {
  readonly wanted: number;
  /** Absent where nothing asks for another number. */
  readonly why?: ScalingWhy;
  readonly hold?: Hold;
  readonly memory: ScalerMemory;
  /** When to look again, in milliseconds; null: not before a request comes. */
  readonly againMs: number | null;
}

/** The number follows the load only when it leaves a band of 10% around the target: it would flutter else. */
const band = 0.1;
/** Panic: the short window asks for this many times what is ready. */
const panicFactor = 2;
/** Looks at an idle version are no further apart, so that a gap means that the machine slept. */
const longestPauseMs = 60_000;

/** @param now milliseconds of the clock that never goes back. */
export function decide(input: DecideInput, now: number): Decision {
  const { rules, current, memory } = input;
  if (current > rules.max) return change(input, rules.max, { cause: { kind: 'max', max: rules.max } }, now);
  if (current < rules.min) return change(input, rules.min, { cause: { kind: 'min', min: rules.min } }, now);
  if (current === 0) return wake(input, now);
  if (input.inFlight === undefined) return stay(input, memory, 'no-data', { cause: { kind: 'no-data' } });
  const { stable, panic } = input;
  if (stable === undefined) return stay(input, memory);
  const fast = panic === undefined ? 0 : needed(rules, panic, 1 + band);
  const panicking = fast >= panicFactor * Math.max(1, input.ready);
  const remembered: ScalerMemory = panicking ? { ...memory, panicUntil: now + rules.stableWindowMs } : memory;
  const next = { ...input, memory: remembered };
  const inPanic = now < remembered.panicUntil;
  const slow = needed(rules, stable, 1 + band);
  if (inPanic && panic !== undefined && fast > Math.max(slow, current)) {
    return raise(next, fast, causeOf(rules, panic, rules.panicWindowMs), now);
  }
  if (slow > current) return raise(next, slow, causeOf(rules, stable, rules.stableWindowMs), now);
  return inPanic ? stay(next, remembered) : lower(next, stable, now);
}

/** Replicas that keep the load of each within `slack` times its target. */
export function needed(rules: ScalingRules, load: Pick<MeanLoad, 'concurrency' | 'qps'>, slack: number): number {
  const { targetConcurrency, targetQps } = rules;
  const byConcurrency = targetConcurrency === null ? 0 : load.concurrency / (targetConcurrency * slack);
  const byQps = targetQps === null ? 0 : load.qps / (targetQps * slack);
  // Means of whole numbers are not exact in binary.
  return Math.ceil(Math.max(byConcurrency, byQps) - 1e-9);
}

/** From zero at the first request, at once. Requests that wait say all that is known of the load. */
function wake(input: DecideInput, now: number): Decision {
  const waiting = input.inFlight ?? 0;
  if (waiting === 0) return { wanted: 0, memory: input.memory, againMs: null };
  const asked = Math.max(1, needed(input.rules, { concurrency: waiting, qps: 0 }, 1 + band));
  // Also without room for one: the task then says why it cannot be placed.
  const most = Math.max(1, Math.min(input.rules.max, input.room));
  return change(input, Math.min(asked, most), { cause: { kind: 'waiting', requests: waiting } }, now);
}

function raise(input: DecideInput, asked: number, cause: ScalingCause, now: number): Decision {
  const { rules, current, room, failedStarts, memory, startFailure, noRoom } = input;
  if (failedStarts >= rules.startBudget) {
    const last = startFailure === undefined ? {} : { last: startFailure };
    return held(input, memory, { cause, asked, by: { kind: 'start-budget', failed: failedStarts, ...last } });
  }
  const wanted = Math.min(asked, rules.max, current + room);
  if (wanted === asked) return change(input, wanted, { cause }, now);
  const short = noRoom === undefined ? {} : { short: noRoom };
  const by: ScalingHold = current + room < rules.max ? { kind: 'room', ...short } : { kind: 'max', max: rules.max };
  if (wanted === current) return held(input, memory, { cause, asked, by });
  return { ...change(input, wanted, { cause, held: { asked, by } }, now), hold: by.kind };
}

function lower(input: DecideInput, stable: MeanLoad, now: number): Decision {
  const { rules, current, memory, inFlight, idleMs } = input;
  const known = stable.whole && inFlight !== undefined;
  if (!known) return stay(input, memory);
  if (rules.idleMs !== null && idleMs >= rules.idleMs && inFlight === 0 && !input.upOnly && input.paused === 0) {
    return change(input, 0, { cause: { kind: 'idle', idleMs: rules.idleMs } }, now);
  }
  const busy = needed(rules, { concurrency: inFlight, qps: 0 }, 1);
  const floor = Math.max(needed(rules, stable, 1 - band), busy, rules.min, 1);
  if (current <= floor) return rest(input, stable);
  if (stable.coveredMs < rules.stableWindowMs * 0.99 || now - memory.changedAt < rules.stableWindowMs)
    return stay(input, memory);
  const cause = causeOf(rules, stable, rules.stableWindowMs);
  if (input.upOnly) return held(input, memory, { cause, asked: floor, by: { kind: 'rollout' } });
  if (input.paused > 0) return held(input, memory, { cause, asked: floor, by: { kind: 'paused' } });
  return change(input, current - 1, { cause }, now);
}

/** As many as there should be. With no load at all there is nothing to look for until a request comes. */
function rest(input: DecideInput, stable: MeanLoad): Decision {
  const { rules, memory, idleMs } = input;
  const quiet = stable.concurrency === 0 && stable.qps === 0 && stable.coveredMs >= rules.stableWindowMs * 0.99;
  const decision = stay(input, memory);
  if (!quiet || input.inFlight !== 0) return decision;
  if (rules.idleMs === null) return { ...decision, againMs: null };
  return { ...decision, againMs: Math.max(tickMs, Math.min(longestPauseMs, rules.idleMs - idleMs)) };
}

function change(input: DecideInput, wanted: number, why: ScalingWhy, now: number): Decision {
  const memory = { ...input.memory, changedAt: now };
  return { wanted, why, memory, againMs: tickMs };
}

interface Held {
  readonly cause: ScalingCause;
  readonly asked: number;
  readonly by: ScalingHold;
}

function held(input: DecideInput, memory: ScalerMemory, { cause, asked, by }: Held): Decision {
  return stay(input, memory, by.kind, { cause, held: { asked, by } });
}

function stay(input: DecideInput, memory: ScalerMemory, hold?: Hold, why?: ScalingWhy): Decision {
  return {
    wanted: input.current,
    memory,
    againMs: tickMs,
    ...(hold === undefined ? {} : { hold }),
    ...(why === undefined ? {} : { why }),
  };
}
