// One experiment as a value: outcomes in, the same with its sums moved on out. Pure.
import type { ExperimentState } from '../../schemas/experiment.ts';
import type { TaskName, VersionId } from '../../schemas/ids.ts';
import { noSums, observed } from './confidence.ts';
import { blockSize, newPairing, paired, resized } from './pairing.ts';

/** How the versions of a task stand side by side at present. */
export interface Setting {
  readonly task: TaskName;
  readonly uid: string;
  /** Every version that the task has. */
  readonly known: ReadonlySet<VersionId>;
  /** The version with the most traffic; null while only one has any. */
  readonly baseline: VersionId | null;
  readonly weights: ReadonlyMap<VersionId, number>;
  /** Between what outcomes lie. */
  readonly range: { readonly min: number; readonly max: number };
}

export function newExperiment({ task, uid, range, baseline }: Setting): ExperimentState {
  return { task, uid, range: { ...range }, baseline, arms: {}, pairings: {}, duplicates: 0 };
}

/** The baseline stays while it has traffic, whatever the shares become: another one is another question. */
export function asBefore(state: ExperimentState, setting: Setting): Setting {
  const { baseline } = state;
  return baseline !== null && setting.weights.has(baseline) ? { ...setting, baseline } : setting;
}

/** Outcomes in another range, or against another baseline, are another question: what depends on it begins anew. */
export function settled(state: ExperimentState, setting: Setting): ExperimentState {
  const { range, baseline, known } = setting;
  if (state.range.min !== range.min || state.range.max !== range.max) {
    return { ...newExperiment(setting), duplicates: state.duplicates };
  }
  const kept = (id: string): boolean => known.has(id as VersionId);
  const arms = Object.fromEntries(Object.entries(state.arms).filter(([id]) => kept(id)));
  const pairings = Object.fromEntries(Object.entries(state.pairings).filter(([id]) => kept(id)));
  if (state.baseline === baseline || baseline === null) return { ...state, arms, pairings };
  return { ...state, arms, baseline, pairings: {} };
}

/** @param outcome within the range of the setting. */
export function withOutcome(
  before: ExperimentState,
  given: Setting,
  version: VersionId,
  outcome: number,
): ExperimentState {
  const setting = asBefore(before, given);
  const state = settled(before, setting);
  const { min, max } = setting.range;
  const value = (outcome - min) / (max - min);
  const arms = { ...state.arms, [version]: observed(state.arms[version] ?? noSums, value, 0.5) };
  const { baseline, weights } = setting;
  if (baseline === null || !weights.has(version)) return { ...state, arms };
  const concerned = version === baseline ? [...weights.keys()].filter((id) => id !== baseline) : [version];
  const pairings = { ...state.pairings };
  for (const challenger of concerned) {
    const size = blockSize(weights.get(baseline) ?? 0, weights.get(challenger) ?? 0);
    const pairing = resized(pairings[challenger] ?? newPairing(size), size);
    const { sums, waiting } = paired(pairing, version === baseline ? 'baseline' : 'challenger', value);
    const lists = { baseline: [...waiting.baseline], challenger: [...waiting.challenger] };
    pairings[challenger] = { size, sums, waiting: lists };
  }
  return { ...state, arms, pairings };
}
