// The sums of experiments, each in the custom resource of its task, so that they go with it and another controller goes on.
import { z } from 'zod';
import { KubeObject } from '../../schemas/cluster.ts';
import { ExperimentState } from '../../schemas/experiment.ts';
import type { TaskName } from '../../schemas/ids.ts';
import type { Logger } from '../common/log.ts';
import { KubeError, type KubeApi } from '../engine/kubernetes/api.ts';
import { paths } from '../engine/kubernetes/names.ts';
import type { ExperimentStore } from '../experiment/experiments.ts';

const Tasks = z.object({ items: z.array(KubeObject.extend({ experiment: z.unknown().optional() })) });

export interface TaskExperimentsOptions {
  readonly api: Pick<KubeApi, 'send' | 'namespace'>;
  readonly log: Logger;
  /** False when another controller may lead: what is written then would be older than what it writes. */
  readonly mayWrite: () => boolean;
}

export class TaskExperiments implements ExperimentStore {
  readonly #options: TaskExperimentsOptions;
  readonly #path: string;
  /** By the uid of the experiment. */
  readonly #tasks = new Map<string, TaskName>();

  constructor(options: TaskExperimentsOptions) {
    this.#options = options;
    this.#path = paths(options.api.namespace).tasks;
  }

  async load(): Promise<readonly ExperimentState[]> {
    const { api, log } = this.#options;
    const states: ExperimentState[] = [];
    for (const { metadata, experiment } of Tasks.parse(await api.send({ method: 'GET', path: this.#path })).items) {
      if (experiment === undefined || experiment === null) continue;
      const parsed = ExperimentState.safeParse(experiment);
      if (parsed.success) {
        this.#tasks.set(parsed.data.uid, parsed.data.task);
        states.push(parsed.data);
      } else {
        const error = z.prettifyError(parsed.error);
        log.error('the sums of an experiment are damaged; it begins anew', { task: metadata.name, error });
      }
    }
    return states;
  }

  save(state: ExperimentState): Promise<void> {
    this.#tasks.set(state.uid, state.task);
    return this.#write(state.task, state);
  }

  async remove(uid: string): Promise<void> {
    const task = this.#tasks.get(uid);
    this.#tasks.delete(uid);
    if (task !== undefined) await this.#write(task, null);
  }

  async #write(task: TaskName, experiment: ExperimentState | null): Promise<void> {
    const { api, mayWrite } = this.#options;
    if (!mayWrite()) return;
    const path = `${this.#path}/${task}`;
    const contentType = 'application/merge-patch+json';
    try {
      await api.send({ method: 'PATCH', path, body: { experiment }, contentType });
    } catch (error) {
      // A task that is gone took its experiment along.
      if (!(error instanceof KubeError) || error.status !== 404) throw error;
    }
  }
}
