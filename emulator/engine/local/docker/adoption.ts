// Which containers of an earlier platform may be taken over, and which end. Pure: what the Engine and the records say in,
// decisions out.
import { createHash } from 'node:crypto';
import type { VersionKey } from '../../../../schemas/ids.ts';
import type { EngineVersion } from '../../engine.ts';
import { homeLabel, launchLabel, platformLabel, replicaLabel } from './container-marks.ts';
import type { ContainerRecord } from './container-records.ts';

/** A container as the Engine lists it. */
export interface SeenContainer {
  readonly Id: string;
  /** `running`, `paused`, `exited`, … */
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>>;
}

/** Who looks. */
export interface Present {
  readonly home: string;
  readonly platform: string;
  readonly slipway: string;
}

export interface Doomed {
  readonly container: string;
  readonly why: string;
}

export interface Sorted {
  /** Those that run and are known: at most one for each replica. */
  readonly candidates: readonly ContainerRecord[];
  /** Those of this home that nobody can use. */
  readonly doomed: readonly Doomed[];
}

/** Containers of other homes, and those of this platform itself, are in neither list. */
export function sortFound(
  seen: readonly SeenContainer[],
  records: readonly ContainerRecord[],
  present: Present,
): Sorted {
  const known = new Map(records.map((record) => [record.container, record]));
  const doomed: Doomed[] = [];
  const candidates = new Map<string, ContainerRecord>();
  const mine = seen.filter(
    ({ Labels }) => Labels[homeLabel] === present.home && Labels[platformLabel] !== present.platform,
  );
  for (const container of mine) {
    const record = known.get(container.Id);
    const why = unusable(container, record, present);
    if (record === undefined || why !== undefined) {
      doomed.push({ container: container.Id, why: why ?? noRecord });
      continue;
    }
    // One that was to end when the platform did, and the one that was started in its place.
    const other = candidates.get(record.replica);
    const [newer, older] =
      other === undefined || other.startedAt < record.startedAt ? [record, other] : [other, record];
    candidates.set(record.replica, newer);
    if (older !== undefined) doomed.push({ container: older.container, why: 'another one runs for its replica' });
  }
  return { candidates: [...candidates.values()], doomed };
}

const noRecord = 'there is no record of it';

function unusable(
  { State, Labels }: SeenContainer,
  record: ContainerRecord | undefined,
  { slipway }: Present,
): string | undefined {
  if (record === undefined) return noRecord;
  // Whoever paused it may not be there any more to let it go on.
  if (State !== 'running') return `it is ${State}`;
  if (record.launch !== Labels[launchLabel] || record.replica !== Labels[replicaLabel])
    return 'its record is another’s';
  if (record.disowned === true) return 'it was to end';
  if (record.slipway !== slipway) return `Slipway ${record.slipway} started it`;
  if (ordinalOf(record) === undefined) return 'its replica is of no version';
  return undefined;
}

/** The number of a replica in its version; undefined when it is none of that version. */
export function ordinalOf({ replica, version }: Pick<ContainerRecord, 'replica' | 'version'>): number | undefined {
  if (!replica.startsWith(`${version}-r`)) return undefined;
  const number = replica.slice(version.length + 2);
  return /^[0-9]{1,9}$/.test(number) ? Number(number) : undefined;
}

export interface Claim {
  /** In the order of their replicas. */
  readonly fitting: readonly ContainerRecord[];
  readonly unfit: readonly ContainerRecord[];
}

/** Those of a version that are what a new one would be, and those that are not. */
export function claim(candidates: readonly ContainerRecord[], key: VersionKey, fit: string): Claim {
  const own = candidates
    .filter(({ version }) => version === key)
    .sort((one, other) => ordinalOf(one)! - ordinalOf(other)!);
  return { fitting: own.filter((record) => record.fit === fit), unfit: own.filter((record) => record.fit !== fit) };
}

/** @param link how workers are reached */
export function fitOf({ bundle, manifest }: EngineVersion, image: string, link: 'socket' | 'port'): string {
  return createHash('sha256')
    .update(JSON.stringify([bundle, manifest, image, link]))
    .digest('hex');
}
