// The experiments of all tasks: takes feedback in once, and keeps their sums on disk, written rarely.
import type { ExperimentState, ExperimentView } from '../../schemas/experiment.ts';
import type { VersionId, VersionKey } from '../../schemas/ids.ts';
import type { Clock, Timer } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import type { FeedbackSink } from '../observe/feedback.ts';
import { newExperiment, withOutcome, type Setting } from './experiment.ts';
import { RecentRequests } from './recent-requests.ts';
import { verdictOf, type Shown } from './verdict.ts';

/** Where states are kept over restarts. A state is replaced whole, or not at all. */
export interface ExperimentStore {
  load(): Promise<readonly ExperimentState[]>;
  save(state: ExperimentState): Promise<void>;
  remove(uid: string): Promise<void>;
}

export interface ExperimentsOptions {
  readonly store: ExperimentStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A feedback is on disk at most this long after it was taken. */
const writeMs = 10_000;

export class Experiments implements FeedbackSink, Closeable {
  readonly #options: ExperimentsOptions;
  readonly #states = new Map<string, ExperimentState>();
  readonly #recent = new Map<string, RecentRequests>();
  readonly #unwritten = new Set<string>();
  #setting: (key: VersionKey) => { readonly setting: Setting; readonly version: VersionId } | undefined = () =>
    undefined;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: ExperimentsOptions) {
    this.#options = options;
  }

  /** @param setting how the versions stand beside the one of a key; undefined when nobody knows it. */
  async start(
    setting: (key: VersionKey) => { readonly setting: Setting; readonly version: VersionId } | undefined,
    uids: ReadonlySet<string>,
  ): Promise<void> {
    this.#setting = setting;
    for (const state of await this.#options.store.load()) {
      if (uids.has(state.uid)) this.#states.set(state.uid, state);
      else await this.#options.store.remove(state.uid);
    }
  }

  take(key: VersionKey, { request, outcome }: { readonly request: string; readonly outcome: number }): boolean {
    const found = this.#setting(key);
    if (found === undefined) throw new SlipwayError('version_not_found', 'the version of this feedback is gone');
    const { setting, version } = found;
    const { min, max } = setting.range;
    if (!(outcome >= min && outcome <= max)) {
      throw new SlipwayError('request_unfit', `the outcome ${outcome} is not between ${min} and ${max}`, {
        hint: 'Send what "feedback" in slipway.json declares, or declare its min and max.',
      });
    }
    const state = this.#states.get(setting.uid) ?? newExperiment(setting);
    const fresh = this.#recentOf(setting.uid).add(request);
    const next = fresh ? withOutcome(state, setting, version, outcome) : { ...state, duplicates: state.duplicates + 1 };
    this.#states.set(setting.uid, next);
    this.#writeSoon(setting.uid);
    return fresh;
  }

  view(setting: Setting, versions: readonly Shown[], wished: number | undefined): ExperimentView {
    return verdictOf({ state: this.#states.get(setting.uid) ?? newExperiment(setting), setting, versions, wished });
  }

  /** The experiment is over: what comes next is another one. */
  async forget(uid: string): Promise<void> {
    this.#states.delete(uid);
    this.#recent.delete(uid);
    this.#unwritten.delete(uid);
    this.#writing = this.#writing
      .then(() => this.#options.store.remove(uid))
      .catch((error: unknown) => this.#failed(error));
    await this.#writing;
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#write();
    await this.#writing;
  }

  #recentOf(uid: string): RecentRequests {
    const known = this.#recent.get(uid);
    if (known !== undefined) return known;
    const made = new RecentRequests();
    this.#recent.set(uid, made);
    return made;
  }

  #writeSoon(uid: string): void {
    this.#unwritten.add(uid);
    this.#timer ??= this.#options.clock.after(writeMs, () => {
      this.#timer = undefined;
      this.#write();
    });
  }

  #write(): void {
    const uids = [...this.#unwritten];
    this.#unwritten.clear();
    this.#writing = this.#writing.then(async () => {
      for (const uid of uids) {
        const state = this.#states.get(uid);
        if (state !== undefined) await this.#options.store.save(state).catch((error: unknown) => this.#failed(error));
      }
    });
  }

  /** What could not be written is in memory still, and is written with the next feedback. */
  #failed(error: unknown): void {
    this.#options.log.error('the sums of an experiment could not be written', { error });
  }
}
