// A split that stands until somebody changes it: its part of a task's record, and what follows from it alone. Pure.
import { z } from 'zod';
import { VersionId } from '../../schemas/ids.ts';
import { maxSplitVersions, MirrorPercent, StickyKey, Weight, type SplitView } from '../../schemas/split.ts';

/** A place in the split. An update changes the version that sits there; sticky keys stay with the seat. */
export const Seat = z.strictObject({
  seat: z.string().min(1).max(32),
  version: VersionId,
  weight: Weight,
});
export type Seat = z.infer<typeof Seat>;

export const StandingSplit = z.strictObject({
  seats: z.array(Seat).min(1).max(maxSplitVersions),
  sticky: StickyKey.optional(),
  mirror: z.strictObject({ version: VersionId, percent: MirrorPercent }).optional(),
  /** Replicas of versions that had traffic and have no seat: they serve until all seats do. */
  leaving: z.record(VersionId, z.int().min(0).max(1000)),
  /** The active version when the split began: where a rollback goes. */
  before: VersionId,
  /** Updates of the active seat since then: a rollback undoes these first. */
  updates: z.int().min(0),
});
export type StandingSplit = z.infer<typeof StandingSplit>;

/** The seat with the largest share; of equal ones that of `active`, else the first. */
export function heaviest(seats: readonly Seat[], active: VersionId): Seat {
  return seats.reduce((best, seat) =>
    seat.weight > best.weight || (seat.weight === best.weight && seat.version === active) ? seat : best,
  );
}

/** Versions that are to run whatever their place in a rollout: those with a share, the mirror, and those on their way out. */
export function seated(split: StandingSplit): ReadonlySet<VersionId> {
  const ids = split.seats.filter(({ weight }) => weight > 0).map(({ version }) => version);
  if (split.mirror !== undefined) ids.push(split.mirror.version);
  return new Set([...ids, ...leavingVersions(split)]);
}

/** Whether a share of the traffic is the version's. */
export function hasSeat(split: StandingSplit, id: VersionId): boolean {
  return split.seats.some(({ version, weight }) => version === id && weight > 0);
}

/** Whether a version that runs only as the mirror gets no requests of its own. */
export function isMirrorOnly(split: StandingSplit | undefined, id: VersionId): boolean {
  return split?.mirror?.version === id && !hasSeat(split, id) && (split.leaving[id] ?? 0) === 0;
}

export function leavingVersions(split: StandingSplit): VersionId[] {
  return Object.entries(split.leaving).flatMap(([id, count]) => (count > 0 ? [id as VersionId] : []));
}

/** Every version that the split names: none of these may be forgotten. */
export function namedBySplit(split: StandingSplit | undefined): VersionId[] {
  if (split === undefined) return [];
  const mirror = split.mirror === undefined ? [] : [split.mirror.version];
  return [...split.seats.map(({ version }) => version), ...mirror, ...leavingVersions(split), split.before];
}

/** `to` sits where `from` sat. */
export function reseat(split: StandingSplit, from: VersionId, to: VersionId): StandingSplit {
  const moved = (id: VersionId): VersionId => (id === from ? to : id);
  const { mirror } = split;
  return {
    ...split,
    seats: split.seats.map((seat) => ({ ...seat, version: moved(seat.version) })),
    ...(mirror === undefined ? {} : { mirror: { ...mirror, version: moved(mirror.version) } }),
    before: moved(split.before),
  };
}

/** A name for a new seat: the version's own, unless another version sits on a seat of that name. */
export function freeSeat(version: VersionId, taken: ReadonlySet<string>): string {
  let seat: string = version;
  for (let number = 2; taken.has(seat); number++) seat = `${version}.${number}`;
  return seat;
}

export function splitView({ seats, sticky, mirror }: StandingSplit): SplitView {
  return {
    weights: Object.fromEntries(seats.map(({ version, weight }) => [version, weight])),
    ...(sticky === undefined ? {} : { sticky }),
    ...(mirror === undefined ? {} : { mirror }),
  };
}

/** Such as `v1=80 v2=20, sticky by header x-user, 10% mirrored to v2`. */
export function describeSplit({ seats, sticky, mirror }: StandingSplit): string {
  const shares = seats.map(({ version, weight }) => `${version}=${weight}`).join(' ');
  const by = sticky === undefined ? '' : `, sticky by ${sticky.by} ${sticky.name}`;
  return `${shares}${by}${mirror === undefined ? '' : `, ${mirror.percent}% mirrored to ${mirror.version}`}`;
}
