// Why a number of replicas was decided, in one line of any language: `41 in flight over 6 s, target 8`.
import type { ScalingCause, ScalingHold, ScalingWhy } from './scaling.ts';
import { english, type Texts } from './texts.ts';

/** Without the numbers before and after. @param task for a command that is named */
export function scalingText({ cause, held }: ScalingWhy, task: string, l10n: Texts): string {
  const asks = causeText(cause, task, l10n);
  return held === undefined ? asks : l10n.t('{0}, asks for {1}; {2}', asks, held.asked, holdText(held.by, l10n));
}

/** The sentence of an event: `3 -> 5: 41 in flight over 6 s, target 8`, `3 stays: …`. */
export function scalingReason(from: number, to: number, why: ScalingWhy, task: string): string {
  return `${from === to ? `${from} stays` : `${from} -> ${to}`}: ${scalingText(why, task, english)}`;
}

function causeText(cause: ScalingCause, task: string, l10n: Texts): string {
  switch (cause.kind) {
    case 'max':
      return l10n.t('max is {0}', cause.max);
    case 'min':
      return l10n.t('min is {0}', cause.min);
    case 'waiting':
      return cause.requests === 1 ? l10n.t('1 request waiting') : l10n.t('{0} requests waiting', cause.requests);
    case 'concurrency': {
      const { inFlight, target, windowMs } = cause;
      return l10n.t('{0} in flight over {1}, target {2}', figure(inFlight), timeText(windowMs, l10n), figure(target));
    }
    case 'qps': {
      const { qps, target, windowMs } = cause;
      return l10n.t('{0} requests/s over {1}, target {2}', figure(qps), timeText(windowMs, l10n), figure(target));
    }
    case 'idle':
      return l10n.t('no request for {0}', timeText(cause.idleMs, l10n));
    case 'no-data':
      return l10n.t('no gateway tells of its load');
    case 'hand':
      return cause.wasAuto
        ? l10n.t('asked for by hand; `slipway scale {0} --auto` gives it back to the load', task)
        : l10n.t('asked for');
  }
}

function holdText(hold: ScalingHold, l10n: Texts): string {
  switch (hold.kind) {
    case 'max':
      return l10n.t('max is {0}', hold.max);
    case 'room':
      return l10n.t('there is no room for more: {0}', hold.short ?? l10n.t('the nodes are full'));
    case 'start-budget':
      return hold.last === undefined
        ? l10n.t('{0} starts failed', hold.failed)
        : l10n.t('{0} starts failed, the last one: {1}', hold.failed, hold.last);
    case 'rollout':
      return l10n.t('a rollout is under way');
    case 'paused':
      return l10n.t('a replica is being debugged');
  }
}

/** `6 s`, `0.5 s`, `30 min`. */
export function timeText(ms: number, l10n: Texts): string {
  const whole = ms / 60_000;
  return whole >= 2 && Number.isInteger(whole) ? l10n.t('{0} min', whole) : l10n.t('{0} s', figure(ms / 1000));
}

/** At most two digits after the point, fewer where the number is large. */
export function figure(value: number): string {
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}
