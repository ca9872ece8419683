// The charts: which figures each shows, as lines over the buckets of the range. Pure.
import type { SeriesSample } from '../schemas/series.ts';
import { highest, mean, type Bucket } from './buckets.ts';

export type Dash = 'solid' | 'dashed' | 'dotted';

export interface Line {
  /** `v1`, `v1 p99`. */
  readonly label: string;
  readonly version: string;
  readonly dash: Dash;
  /** One for each bucket; null where nothing is known. */
  readonly values: readonly (number | null)[];
}

export interface ChartKind {
  readonly id: 'qps' | 'latency' | 'batch' | 'queue' | 'errors';
  readonly unit: 'qps' | 'ms' | 'requests' | '%';
  readonly parts: readonly ChartPart[];
}

interface ChartPart {
  /** After the name of the version; empty where there is one part only. */
  readonly name: string;
  readonly dash: Dash;
  readonly pick: (samples: readonly SeriesSample[]) => number | null;
}

const known = (samples: readonly SeriesSample[], pick: (sample: SeriesSample) => number | null): number[] =>
  samples.map(pick).filter((value) => value !== null);

/** Of the answers of all samples: a second with few of them counts for little. */
function errorShare(samples: readonly SeriesSample[]): number | null {
  const answers = samples.reduce((sum, { qps }) => sum + qps, 0);
  if (answers === 0) return samples.length === 0 ? null : 0;
  return (100 * samples.reduce((sum, { qps, errorRate }) => sum + qps * errorRate, 0)) / answers;
}

const worst = (pick: (sample: SeriesSample) => number | null): ChartPart['pick'] => {
  return (samples) => highest(known(samples, pick));
};

export const chartKinds: readonly ChartKind[] = [
  {
    id: 'qps',
    unit: 'qps',
    parts: [{ name: '', dash: 'solid', pick: (samples) => mean(samples.map(({ qps }) => qps)) }],
  },
  {
    id: 'latency',
    unit: 'ms',
    parts: [
      { name: 'p99', dash: 'solid', pick: worst(({ p99Ms }) => p99Ms) },
      { name: 'p95', dash: 'dashed', pick: worst(({ p95Ms }) => p95Ms) },
      { name: 'p50', dash: 'dotted', pick: worst(({ p50Ms }) => p50Ms) },
    ],
  },
  {
    id: 'batch',
    unit: 'requests',
    parts: [{ name: '', dash: 'solid', pick: (samples) => mean(known(samples, ({ meanBatch }) => meanBatch)) }],
  },
  {
    id: 'queue',
    unit: 'requests',
    parts: [
      { name: 'queued', dash: 'solid', pick: worst(({ queued }) => queued) },
      { name: 'executing', dash: 'dashed', pick: worst(({ executing }) => executing) },
    ],
  },
  { id: 'errors', unit: '%', parts: [{ name: '', dash: 'solid', pick: errorShare }] },
];

export function linesOf(
  kind: ChartKind,
  buckets: readonly Bucket[],
  versions: readonly string[],
  partName: (name: string) => string = (name) => name,
): Line[] {
  return versions.flatMap((version) =>
    kind.parts.map(({ name, dash, pick }) => ({
      label: name === '' ? version : `${version} ${partName(name)}`,
      version,
      dash,
      values: buckets.map(({ samples }) => pick(samples.get(version) ?? [])),
    })),
  );
}
