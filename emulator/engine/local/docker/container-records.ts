// What a platform knows of its containers and the Engine does not, kept for the next platform of the home: who each of them is,
// where it has its place, and how it is reached. A file for each, readable by its owner alone, because the secret of the link is in it.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { NodeName, ReplicaId, VersionKey } from '../../../../schemas/ids.ts';
import { WorkerAddress } from '../../../../schemas/tasks.ts';
import type { Closeable } from '../../../common/closing.ts';
import type { Logger } from '../../../common/log.ts';
import { slipwayVersion } from '../../../common/version.ts';
import type { Seat, WorkerOrder } from '../launcher.ts';
import type { ContainerMarks } from './container-marks.ts';

export const ContainerRecord = z.object({
  schema: z.literal(1),
  /** The Slipway that started it. */
  slipway: z.string(),
  /** The platform that has it now. */
  platform: z.string(),
  container: z.string().regex(/^[0-9a-f]{64}$/),
  /** Names its launch, as its label does. */
  launch: z.string(),
  replica: ReplicaId,
  version: VersionKey,
  /** Digest of all that makes it what it is: bundle, manifest, image, kind of link. */
  fit: z.string(),
  image: z.string(),
  node: NodeName,
  gpus: z.array(z.int().min(0)),
  /** That is mounted into it; absent where ports are published. */
  folder: z.string().optional(),
  /** Absent where a stand-in of the platform speaks for it. */
  address: WorkerAddress.optional(),
  /** It is to end with its platform: it drains, a fault was injected into it, or nobody wants it. */
  disowned: z.literal(true).optional(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
});
export type ContainerRecord = z.infer<typeof ContainerRecord>;

export interface RecordParts {
  readonly order: Pick<WorkerOrder, 'replica' | 'version'>;
  readonly seat: Seat;
  readonly image: string;
  readonly container: string;
  readonly launch: string;
  readonly folder: string | undefined;
  readonly address: WorkerAddress | undefined;
}

/** The record of a container that starts now. */
export function recordOf(
  {
    marks,
    fit,
    now,
  }: {
    readonly marks: Pick<ContainerMarks, 'platform'>;
    readonly fit: (image: string) => string;
    readonly now: () => number;
  },
  { order, seat, image, container, launch, folder, address }: RecordParts,
): ContainerRecord {
  return {
    ...{ schema: 1, slipway: slipwayVersion, platform: marks.platform, container, launch },
    ...{ replica: order.replica, version: order.version, fit: fit(image), image },
    ...{ node: seat.node, gpus: [...seat.gpus], startedAt: now() },
    ...(folder === undefined ? {} : { folder }),
    ...(address === undefined ? {} : { address }),
  };
}

const ownerOnly = { folder: 0o700, file: 0o600 };
const suffix = '.json';

export class ContainerRecords implements Closeable {
  readonly folder: string;
  readonly #log: Logger;

  constructor(folder: string, log: Logger) {
    this.folder = folder;
    this.#log = log;
  }

  /** All that can be read; a file that was cut off or is of another Slipway is none. */
  all(): ContainerRecord[] {
    return this.#names().flatMap((name) => this.#read(name) ?? []);
  }

  /** Whole or not at all; a container whose record cannot be written is not taken over, and that is all. */
  keep(record: ContainerRecord): void {
    const path = this.#path(record.container);
    try {
      mkdirSync(this.folder, { recursive: true, mode: ownerOnly.folder });
      writeFileSync(`${path}.new`, JSON.stringify(record), { mode: ownerOnly.file });
      renameSync(`${path}.new`, path);
    } catch (error) {
      this.#log.warn('the record of a container could not be written', { replica: record.replica, error });
      // What it said before may not be true any more.
      this.drop(record.container);
    }
  }

  /** No later platform is to take it over; it is still known whose it is. */
  disown(container: string): void {
    const record = this.#read(container + suffix);
    if (record !== undefined && record.disowned === undefined) this.keep({ ...record, disowned: true });
  }

  drop(container: string): void {
    try {
      rmSync(this.#path(container), { force: true });
    } catch {
      // There is no such folder.
    }
  }

  /** Drops all but these. */
  dropOthers(containers: ReadonlySet<string>): void {
    for (const name of this.#names()) {
      if (!containers.has(name.slice(0, -suffix.length))) rmSync(join(this.folder, name), { force: true });
    }
  }

  /** Nobody is to take anything over. */
  async close(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    return Promise.resolve();
  }

  #names(): string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }

  #read(name: string): ContainerRecord | undefined {
    try {
      const record = ContainerRecord.parse(JSON.parse(readFileSync(join(this.folder, name), 'utf8')));
      return name === record.container + suffix ? record : undefined;
    } catch {
      return undefined;
    }
  }

  #path(container: string): string {
    return join(this.folder, container + suffix);
  }
}
