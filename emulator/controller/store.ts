// The desired state on disk: one file a task. What was saved is there after any crash; what is damaged is kept aside.
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorTable, type Reason } from '../../schemas/errors.ts';
import { SlipwayError, toSlipwayError } from '../common/errors.ts';
import type { DesiredStore, StoredState } from './desired-store.ts';
import { type Interrupt, removeFile, replaceFile, temporarySuffix } from './durable-file.ts';
import { TaskRecord } from './record.ts';
import { namedBySplit } from './standing-split.ts';
import { decodeState, encodeState } from './state-file.ts';

export interface TaskStoreOptions {
  /** The folder of the files; made when it is not there. */
  readonly folder: string;
  /** Milliseconds since the epoch; part of the name of a damaged file. */
  readonly now: () => number;
  /** For tests: stops a write at one of its points. */
  readonly interrupt?: Interrupt;
}

const suffix = '.json';

export class TaskStore implements DesiredStore {
  readonly #options: TaskStoreOptions;

  constructor(options: TaskStoreOptions) {
    this.#options = options;
  }

  /**
   * Reads everything. Damaged files are renamed `<name>.damaged-<time>` and told of; what a crash left half-written goes.
   * @throws SlipwayError state_newer, having touched nothing; home_unwritable
   */
  async load(): Promise<StoredState> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw unwritable(folder, error);
    });
    const names = (await readdir(folder)).sort();
    const records: TaskRecord[] = [];
    const broken: { name: string; error: SlipwayError }[] = [];
    for (const name of names.filter((one) => one.endsWith(suffix))) {
      try {
        records.push(this.#check(name, decodeState(await readFile(join(folder, name), 'utf8'), TaskRecord)));
      } catch (error) {
        if (!(error instanceof SlipwayError)) throw toSlipwayError(error);
        if (error.code === 'state_newer')
          throw new SlipwayError('state_newer', `${join(folder, name)}: ${error.message}.`);
        broken.push({ name, error });
      }
    }
    for (const name of names.filter((one) => one.endsWith(temporarySuffix)))
      await rm(join(folder, name), { force: true });
    const damaged: StoredState['damaged'][number][] = [];
    for (const { name, error } of broken) damaged.push(await this.#putAside(name, error));
    return { records, damaged };
  }

  /** @throws SlipwayError disk_full, home_unwritable; the state before is still the one on disk */
  async save(record: TaskRecord): Promise<void> {
    try {
      await replaceFile(this.#path(record), encodeState(record), this.#options.interrupt);
    } catch (error) {
      throw this.#cannotWrite(`The state of ${record.task}`, error);
    }
  }

  async remove(record: TaskRecord): Promise<void> {
    try {
      await removeFile(this.#path(record));
    } catch (error) {
      throw this.#cannotWrite(`The removal of ${record.task}`, error);
    }
  }

  #path({ task, uid }: TaskRecord): string {
    return join(this.#options.folder, `${task}-${uid}${suffix}`);
  }

  /** A record that contradicts itself would fail later, in the middle of something else. */
  #check(name: string, record: TaskRecord): TaskRecord {
    const ids = new Set(record.versions.map(({ id }) => id));
    const { active, history, rollout, split } = record;
    const seats = [...namedBySplit(split), ...namedBySplit(rollout?.split)];
    const named = [active, ...history, rollout?.to, rollout?.from, ...seats];
    const lost = named.find((id) => id !== undefined && id !== null && !ids.has(id));
    if (lost !== undefined && lost !== null)
      throw new SlipwayError('state_corrupt', `it names ${lost}, which it does not hold`);
    if (name === `${record.task}-${record.uid}${suffix}`) return record;
    throw new SlipwayError('state_corrupt', `it is the state of ${record.task}-${record.uid}`);
  }

  async #putAside(name: string, error: SlipwayError): Promise<StoredState['damaged'][number]> {
    const { folder, now } = this.#options;
    const aside = join(folder, `${name}.damaged-${now()}`);
    await rename(join(folder, name), aside);
    const reason: Reason = {
      code: 'state_corrupt',
      message: `The state file ${name} is damaged: ${error.message}.`,
      hint: `It was kept as ${aside}. ${errorTable.state_corrupt.hint}`,
    };
    return { file: aside, reason };
  }

  #cannotWrite(what: string, error: unknown): SlipwayError {
    const known = toSlipwayError(error);
    if (known.code !== 'internal') {
      return new SlipwayError(known.code, `${what} could not be written: ${known.message}`, { cause: error });
    }
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT') return unwritable(this.#options.folder, error);
    return new SlipwayError('internal', `${what} could not be written: ${known.message}`, { cause: error });
  }
}

function unwritable(folder: string, error: unknown): SlipwayError {
  const message = error instanceof Error ? error.message : String(error);
  return new SlipwayError('home_unwritable', `${folder} cannot be written: ${message}`, { cause: error });
}
