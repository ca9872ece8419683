// The sums of experiments on disk, one file a task, replaced whole. What is damaged is put aside: the question begins anew.
import { mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ExperimentState } from '../../schemas/experiment.ts';
import type { Logger } from '../common/log.ts';
import type { ExperimentStore } from '../experiment/experiments.ts';
import { removeFile, replaceFile } from './durable-file.ts';
import { decodeState, encodeState } from './state-file.ts';

export interface ExperimentFilesOptions {
  readonly folder: string;
  readonly log: Logger;
  readonly now: () => number;
}

export class ExperimentFiles implements ExperimentStore {
  readonly #options: ExperimentFilesOptions;

  constructor(options: ExperimentFilesOptions) {
    this.#options = options;
  }

  async load(): Promise<readonly ExperimentState[]> {
    const { folder, log, now } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const states: ExperimentState[] = [];
    for (const name of (await readdir(folder)).filter((one) => /^[0-9a-f]{8}\.json$/.test(one))) {
      const path = join(folder, name);
      try {
        states.push(decodeState(await readFile(path, 'utf8'), ExperimentState));
      } catch (error) {
        log.error('the sums of an experiment are damaged; it begins anew', { file: path, error });
        await rename(path, `${path}.damaged-${now()}`);
      }
    }
    return states;
  }

  save(state: ExperimentState): Promise<void> {
    return replaceFile(this.#path(state.uid), encodeState(state));
  }

  remove(uid: string): Promise<void> {
    return removeFile(this.#path(uid));
  }

  #path(uid: string): string {
    return join(this.#options.folder, `${uid}.json`);
  }
}
