// What the sums of an experiment say: means, intervals, which version is better, and how much more it takes to know. Pure.
import type { ExperimentState, ExperimentView } from '../../schemas/experiment.ts';
import { experimentText } from '../../schemas/experiment-text.ts';
import type { VersionId, VersionKey, VersionName } from '../../schemas/ids.ts';
import { english } from '../../schemas/texts.ts';
import { intervalOf, noSums, variance, type Interval, type Sums } from './confidence.ts';
import { asBefore, settled, type Setting } from './experiment.ts';
import { normalCdf } from './normal.ts';
import { blocksNeeded } from './sample-size.ts';

/** A version to be shown. */
export interface Shown {
  readonly version: VersionId;
  readonly name?: VersionName | undefined;
  readonly key: VersionKey;
}

export interface VerdictInput {
  readonly state: ExperimentState;
  readonly setting: Setting;
  readonly versions: readonly Shown[];
  /** The difference that one wishes to see, in the service's units; default: the one that there seems to be. */
  readonly wished?: number | undefined;
}

/** Probability of a false alarm, and of seeing a difference that is there, in what is told of a need for more. */
export const alpha = 0.05;
export const power = 0.8;

type Comparison = ExperimentView['comparisons'][number];

export function verdictOf({ state: kept, setting: given, versions, wished }: VerdictInput): ExperimentView {
  const setting = asBefore(kept, given);
  const state = settled(kept, setting);
  const { baseline, weights, range } = setting;
  const width = range.max - range.min;
  const challengers = versions.filter(({ version }) => version !== baseline && weights.has(version));
  // Several challengers are several chances of a false alarm (Bonferroni).
  const each = alpha / Math.max(1, challengers.length);
  const comparisons =
    baseline === null
      ? []
      : challengers.map(({ version }) => compare(state, { baseline, version, each, width, wished }));
  const winner = winnerOf(baseline, comparisons);
  return {
    task: state.task,
    alpha,
    range: { ...range },
    baseline,
    versions: versions.map((shown) => {
      const sums = state.arms[shown.version] ?? noSums;
      const interval = sums.count === 0 ? null : scaled(intervalOf(sums, unit, alpha), width, range.min);
      const { version, name, key } = shown;
      return {
        version,
        ...(name === undefined ? {} : { name }),
        key,
        weight: weights.get(version) ?? 0,
        outcomes: sums.count,
        mean: sums.count === 0 ? null : range.min + (width * sums.sum) / sums.count,
        interval,
      };
    }),
    comparisons,
    winner,
    summary: experimentText({ baseline, comparisons, winner }, english),
    duplicates: state.duplicates,
  };
}

const unit: Interval = { low: 0, high: 1 };

function compare(
  state: ExperimentState,
  of: { baseline: VersionId; version: VersionId; each: number; width: number; wished: number | undefined },
): Comparison {
  const { version, each, width } = of;
  const pairing = state.pairings[version];
  const sums = pairing?.sums ?? noSums;
  const interval = intervalOf(sums, { low: -1, high: 1 }, each);
  const verdict = interval.low > 0 ? 'better' : interval.high < 0 ? 'worse' : 'undecided';
  const arms = { baseline: state.arms[of.baseline] ?? noSums, challenger: state.arms[version] ?? noSums };
  const difference = meanOf(arms.challenger) - meanOf(arms.baseline);
  const wished = of.wished === undefined ? Math.abs(difference) : of.wished / width;
  const perBlock = pairing === undefined ? 2 : pairing.size.baseline + pairing.size.challenger;
  const known = wished > 0 && sums.count > 0 && verdict === 'undecided';
  const blocks = known ? blocksNeeded(wished, variance(sums, 2), { alpha: each, power }) : null;
  return {
    version,
    difference: difference * width,
    interval: scaled(interval, width, 0),
    probabilityBetter: probabilityBetter(arms.baseline, arms.challenger),
    pairs: sums.count,
    wished: wished > 0 ? wished * width : null,
    // Who has seen enough for the wished difference and saw none may stop.
    outcomesNeeded: blocks === null ? null : Math.max(0, blocks - sums.count) * perBlock,
    verdict,
  };
}

/** With a flat prior and many outcomes the posterior of a mean is normal around the one that was seen. */
function probabilityBetter(baseline: Sums, challenger: Sums): number {
  if (baseline.count === 0 || challenger.count === 0) return 0.5;
  const spread = variance(baseline, 1) / baseline.count + variance(challenger, 1) / challenger.count;
  return normalCdf((meanOf(challenger) - meanOf(baseline)) / Math.sqrt(Math.max(spread, 1e-12)));
}

function winnerOf(baseline: VersionId | null, comparisons: readonly Comparison[]): VersionId | null {
  const better = comparisons.filter(({ verdict }) => verdict === 'better').sort((a, b) => b.difference - a.difference);
  if (better[0] !== undefined) return better[0].version;
  return comparisons.length > 0 && comparisons.every(({ verdict }) => verdict === 'worse') ? baseline : null;
}

function meanOf({ count, sum }: Sums): number {
  return count === 0 ? 0 : sum / count;
}

function scaled({ low, high }: Interval, width: number, from: number): Interval {
  return { low: from + low * width, high: from + high * width };
}
