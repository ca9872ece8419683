// Setting and ending a split: from a record to the record that is wanted. Pure.
import type { SetSplit } from '../../schemas/split.ts';
import type { EventBody } from '../../schemas/events.ts';
import type { VersionId } from '../../schemas/ids.ts';
import { SlipwayError } from '../common/errors.ts';
import { findVersion, splitEnded, type Change } from './commands.ts';
import { knownVersion, wantedCounts, withoutFailure, withRollout, withSplit, withVersion } from './record.ts';
import type { TaskRecord } from './record.ts';
import { endSplit, restoreSplit } from './rollout-start.ts';
import {
  describeSplit,
  freeSeat,
  isMirrorOnly,
  heaviest,
  splitView,
  type Seat,
  type StandingSplit,
} from './standing-split.ts';

/**
 * Divides the traffic. A rollout under way is given up where it is; versions that had traffic and have no seat serve until
 * every seat has its replicas.
 * @throws SlipwayError split_invalid, version_not_found
 */
export function setSplit(record: TaskRecord, wanted: SetSplit): Change {
  const counts = wantedCounts(record);
  const given = restoreSplit(record);
  const seats = seatsOf(given, wanted.weights);
  const active = heaviest(seats, given.active).version;
  const mirror = mirrorOf(given, wanted, active);
  const answering = seats.filter(({ weight }) => weight > 0).map(({ version }) => version);
  const leaving: StandingSplit['leaving'] = {};
  for (const [id, count] of counts) {
    if (count > 0 && !answering.includes(id) && !isMirrorOnly(record.split, id)) leaving[id] = count;
  }
  const split: StandingSplit = {
    seats,
    ...(wanted.sticky === undefined ? {} : { sticky: wanted.sticky }),
    ...(mirror === undefined ? {} : { mirror }),
    leaving,
    before: given.split?.before ?? given.active,
    updates: given.split?.updates ?? 0,
  };
  const forgiven = [...answering, ...(mirror === undefined ? [] : [mirror.version])].reduce(
    (all, id) => withVersion(all, withoutFailure(knownVersion(all, id))),
    withRollout(given, undefined),
  );
  return { record: { ...withSplit(forgiven, split), active }, events: [changed(record, split)] };
}

/** All traffic to the heaviest version. @throws SlipwayError state_conflict when no split stands */
export function clearSplit(record: TaskRecord, now: number): Change {
  const given = restoreSplit(record);
  if (given.split === undefined) {
    throw new SlipwayError('state_conflict', `${record.task} has no split to end.`, {
      hint: `Divide its traffic with \`slipway split ${record.task} v1=80 v2=20\`.`,
    });
  }
  return splitEnded(endSplit(given, given.active, { kind: 'activate', now }), given.active);
}

function seatsOf(record: TaskRecord, weights: SetSplit['weights']): Seat[] {
  const entries = Object.entries(weights);
  if (!entries.some(([, weight]) => weight > 0)) {
    throw new SlipwayError('split_invalid', `No version of the split of ${record.task} has a weight above 0.`);
  }
  const before = record.split?.seats ?? [];
  const taken = new Set(before.map(({ seat }) => seat));
  const seats: Seat[] = [];
  for (const [ref, weight] of entries) {
    const version = findVersion(record, ref).id;
    if (seats.some((seat) => seat.version === version)) {
      throw new SlipwayError('split_invalid', `The split names ${version} twice: by its id and by its name.`);
    }
    const seat = before.find((known) => known.version === version)?.seat ?? freeSeat(version, taken);
    taken.add(seat);
    seats.push({ seat, version, weight });
  }
  return seats;
}

function mirrorOf(
  record: TaskRecord,
  { mirror, weights }: SetSplit,
  active: VersionId,
): StandingSplit['mirror'] | undefined {
  if (mirror === undefined) return undefined;
  const { id } = findVersion(record, mirror.version);
  const others = Object.entries(weights).filter(([ref, weight]) => weight > 0 && findVersion(record, ref).id !== id);
  if (id === active && others.length === 0) {
    throw new SlipwayError('split_invalid', `${id} has all the traffic: there is nobody else's to mirror to it.`, {
      hint: 'Mirror to a version that does not answer all requests itself.',
    });
  }
  return { version: id, percent: mirror.percent };
}

function changed({ task }: TaskRecord, split: StandingSplit): EventBody {
  return { kind: 'split.changed', task, weights: splitView(split).weights, text: describeSplit(split) };
}
