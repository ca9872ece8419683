// The words of decisions.
import type { MeanLoad } from './load-window.ts';
import type { ScalingRules } from './rules.ts';

/** `41 in flight over 6 s, target 8`: by what asks for more replicas. */
export function describeLoad(rules: ScalingRules, load: MeanLoad, windowMs: number): string {
  const { targetConcurrency, targetQps } = rules;
  const over = `over ${seconds(windowMs)}`;
  const byConcurrency = targetConcurrency === null ? -1 : load.concurrency / targetConcurrency;
  const byQps = targetQps === null ? -1 : load.qps / targetQps;
  if (byQps > byConcurrency) return `${figure(load.qps)} requests/s ${over}, target ${figure(targetQps!)}`;
  return `${figure(load.concurrency)} in flight ${over}, target ${figure(targetConcurrency!)}`;
}

/** `6 s`, `0.5 s`, `30 min`. */
export function seconds(ms: number): string {
  const whole = ms / 60_000;
  return whole >= 2 && Number.isInteger(whole) ? `${whole} min` : `${figure(ms / 1000)} s`;
}

export function requests(count: number): string {
  return `${count} request${count === 1 ? '' : 's'}`;
}

/** At most two digits after the point, fewer where the number is large. */
function figure(value: number): string {
  const digits = value >= 10 ? 0 : value >= 1 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}
