// The containers that an earlier platform of this home left running, until versions take them over or they end.
import type { VersionKey } from '../../../../schemas/ids.ts';
import { claim, type Sorted } from './adoption.ts';
import type { ContainerRecord, ContainerRecords } from './container-records.ts';

export interface FoundContainersOptions {
  readonly records: Pick<ContainerRecords, 'keep'>;
  /** Whose they are from now on. */
  readonly platform: string;
  /** Ends a container; never rejects. */
  readonly end: (container: string) => void;
}

export class FoundContainers {
  readonly #options: FoundContainersOptions;
  #waiting: readonly ContainerRecord[];

  constructor({ candidates }: Pick<Sorted, 'candidates'>, options: FoundContainersOptions) {
    this.#options = options;
    this.#waiting = candidates;
  }

  /** Folders that are mounted into them. */
  get folders(): string[] {
    return this.#waiting.flatMap(({ folder }) => (folder === undefined ? [] : [folder]));
  }

  /** Hands out those of a version that are as it is now; the others of it end. Each is handed out once. */
  claim(key: VersionKey, fit: string): readonly ContainerRecord[] {
    const { fitting, unfit } = claim(this.#waiting, key, fit);
    this.#waiting = this.#waiting.filter(({ version }) => version !== key);
    for (const record of unfit) this.discard(record);
    return fitting;
  }

  /** Those of versions that are not wanted end. */
  keepOnly(wanted: ReadonlySet<VersionKey>): void {
    const unwanted = this.#waiting.filter(({ version }) => !wanted.has(version));
    this.#waiting = this.#waiting.filter(({ version }) => wanted.has(version));
    for (const record of unwanted) this.discard(record);
  }

  /** Also where the Engine does not answer now: whose it is, and that it is to end, is written down. */
  discard(record: ContainerRecord): void {
    const { records, platform, end } = this.#options;
    records.keep({ ...record, platform, disowned: true });
    end(record.container);
  }
}
