// Sums of a metric over all its labels, from the Prometheus text of the platform.
import type { MetricName } from '../../schemas/metrics.ts';

export function sumOf(text: string, name: MetricName): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const match = /^[a-z_]+(?:\{.*\})? ([0-9.eE+-]+)(?: [0-9]+)?$/.exec(line);
    if (match !== null && line.slice(name.length).search(/[{ ]/) === 0) sum += Number(match[1]);
  }
  return sum;
}

/** Items by batches between two readings; NaN when none was executed. */
export function meanBatch(before: string, after: string): number {
  const grown = (name: MetricName): number => sumOf(after, name) - sumOf(before, name);
  return grown('slipway_batch_items_total') / grown('slipway_batches_total');
}
