// Which version gets which share of the requests now: what is wanted, as far as there are replicas for it. Pure.
import type { VersionId } from '../../schemas/ids.ts';
import type { SplitEntry } from '../router/table.ts';
import { isExpected, type Observed } from './observed.ts';
import { besideRollouts, isComing, knownVersion, type Rollout, type TaskRecord } from './record.ts';
import { wakes } from './scaling.ts';
import { hasSeat, leavingVersions, type StandingSplit } from './standing-split.ts';

interface ShareInput {
  readonly record: TaskRecord;
  readonly counts: ReadonlyMap<VersionId, number>;
  readonly observed: (version: VersionId) => Observed;
}

/** Never empty while a version has replicas or waits for some: then requests wait where one is most likely to come up. */
export function splitOf(
  record: TaskRecord,
  counts: ReadonlyMap<VersionId, number>,
  observed: (version: VersionId) => Observed,
): SplitEntry[] {
  const input = { record, counts, observed };
  const holders = record.versions.filter(({ id }) => (counts.get(id) ?? 0) > 0).map(({ id }) => id);
  // The old replicas ended, the new ones are about to start.
  if (holders.length === 0 && isComing(record)) return [{ version: record.rollout!.to, weight: 1 }];
  if (holders.length === 0) {
    const sleeper = record.versions.find((version) => wakes(record, version));
    return sleeper === undefined ? [] : [{ version: sleeper.id, weight: 1 }];
  }
  const shares = sharesOf(input, holders);
  if (shares.length > 0) return shares;
  const mirror = record.split?.mirror?.version;
  const answering = holders.filter((id) => id !== mirror || (record.split !== undefined && hasSeat(record.split, id)));
  const hopeful = answering.filter((id) => isExpected(observed(id)));
  const waitFor = [record.rollout?.from, record.active, ...hopeful, ...answering].find(
    (id) => id !== undefined && id !== null && answering.includes(id) && (hopeful.length === 0 || hopeful.includes(id)),
  );
  return waitFor === undefined || waitFor === null ? [] : [{ version: waitFor, weight: 1 }];
}

function sharesOf(input: ShareInput, holders: readonly VersionId[]): SplitEntry[] {
  const { record } = input;
  if (record.split !== undefined) return seatShares(input, record.split, holders);
  const { rollout } = record;
  if (rollout?.split !== undefined) return endingShares(input, rollout, rollout.split);
  return rolloutShares(input, holders);
}

/** Shares follow the ready replicas; a canary gets its percentage once it and the version beside it serve. */
function rolloutShares({ record, ...input }: ShareInput, holders: readonly VersionId[]): SplitEntry[] {
  const rollout = record.rollout;
  const canary = rollout?.canary;
  if (rollout !== undefined && rollout.from !== null && canary !== undefined) {
    const { from, to } = rollout;
    if (ready(input, from) > 0 && ready(input, to) > 0) {
      return [
        { version: from, weight: 100 - canary },
        { version: to, weight: canary },
      ];
    }
  }
  return holders.map((version) => ({ version, weight: ready(input, version) })).filter(({ weight }) => weight > 0);
}

/**
 * Every seat whose version serves has its weight; the others' requests go to the versions that are leaving, or to all.
 * The active version's seat is divided as the rollout beside the split has come.
 */
function seatShares(input: ShareInput, split: StandingSplit, holders: readonly VersionId[]): SplitEntry[] {
  const { record, observed } = input;
  const beside = besideRollouts(record);
  const leaving = leavingVersions(split).filter((id) => ready(input, id) > 0);
  const full = (id: VersionId): boolean => {
    const serving = id === record.active ? sum(slot.map(({ version }) => ready(input, version))) : observed(id).ready;
    return serving >= knownVersion(record, id).replicas;
  };
  const slot = rolloutShares(
    input,
    holders.filter((id) => !beside.has(id)),
  );
  const places: { readonly seat: string; readonly weight: number; readonly versions: readonly SplitEntry[] }[] = [];
  let vacant = 0;
  for (const { seat, version, weight } of split.seats) {
    if (weight === 0) continue;
    const own = version === record.active ? slot : [{ version, weight: ready(input, version) > 0 ? 1 : 0 }];
    const versions = own.filter((entry) => entry.weight > 0);
    // Until it has its replicas, those that are leaving are stronger.
    const serves = versions.length > 0 && (leaving.length === 0 || full(version));
    if (serves) places.push({ seat, weight, versions });
    else vacant += weight;
  }
  if (leaving.length > 0 && vacant > 0) {
    const versions = leaving.map((version) => ({ version, weight: ready(input, version) }));
    places.push({ seat: 'leaving', weight: vacant, versions });
  }
  return flattened(places);
}

/** While a split ends, the new version's share grows with its replicas, and the seats divide the rest by weight. */
function endingShares(input: ShareInput, rollout: Rollout, split: StandingSplit): SplitEntry[] {
  const { to } = rollout;
  const goal = Math.max(1, knownVersion(input.record, to).replicas);
  const risen = Math.min(goal, ready(input, to));
  const seats = split.seats.filter(({ version, weight }) => weight > 0 && ready(input, version) > 0);
  const total = sum(seats.map(({ weight }) => weight));
  if (total === 0) return rolloutShares(input, [...input.counts.keys()]);
  const entries: SplitEntry[] = seats.map(({ seat, version, weight }) => ({
    seat,
    version,
    weight: weight * (goal - risen) + (version === to ? total * risen : 0),
  }));
  const seated = entries.some(({ version }) => version === to);
  if (!seated && risen > 0) entries.push({ version: to, weight: total * risen });
  return entries.filter(({ weight }) => weight > 0);
}

/** Weights of seats times shares within them, as whole numbers. */
function flattened(
  places: readonly { readonly seat: string; readonly weight: number; readonly versions: readonly SplitEntry[] }[],
): SplitEntry[] {
  const reduced = places.map(({ versions, ...place }) => {
    const divisor = versions.reduce((found, { weight }) => gcd(found, weight), 0);
    const shares = versions.map(({ version, weight }) => ({ version, weight: weight / divisor }));
    return { ...place, shares, total: sum(shares.map(({ weight }) => weight)) };
  });
  const common = reduced.reduce((product, { total }) => product * total, 1);
  return reduced.flatMap(({ seat, weight, shares, total }) =>
    shares.map((share) => ({ seat, version: share.version, weight: (weight * share.weight * common) / total })),
  );
}

function ready({ counts, observed }: Pick<ShareInput, 'counts' | 'observed'>, id: VersionId): number {
  return Math.min(observed(id).ready, counts.get(id) ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
