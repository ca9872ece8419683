// The desired state in custom resources: what a user declares in `spec`, what the controller decided in `record`, and
// beside it in `applied` the declaration that the record follows. Somebody edited the spec when it says more than that.
import { z } from 'zod';
import { KubeObject, TaskSpec, type TaskStatus } from '../../schemas/cluster.ts';
import { errorTable } from '../../schemas/errors.ts';
import { TaskName } from '../../schemas/ids.ts';
import type { Clock } from '../common/clock.ts';
import type { Closeable } from '../common/closing.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Logger } from '../common/log.ts';
import { asksForMore, declarationOf } from '../controller/declared.ts';
import type { DesiredStore, StoredState } from '../controller/desired-store.ts';
import { TaskRecord } from '../controller/record.ts';
import { KubeError, type KubeApi } from '../engine/kubernetes/api.ts';
import { paths } from '../engine/kubernetes/names.ts';
import { KubeWatch } from '../engine/kubernetes/watch.ts';
import type { Owner } from '../engine/kubernetes/workload.ts';

const TaskObject = KubeObject.extend({
  spec: z.unknown(),
  record: z.unknown().optional(),
  applied: TaskSpec.optional(),
});
type TaskObject = z.infer<typeof TaskObject>;

/** What somebody asked for with kubectl. */
export interface Declaration {
  readonly task: TaskName;
  readonly kind: 'declared' | 'deleted' | 'faulty';
  readonly spec?: TaskSpec;
  readonly applied?: TaskSpec | undefined;
  /** Of a faulty one. */
  readonly message?: string;
}

export interface TaskResourcesOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly log: Logger;
  /** Something changed; look at `declarations`. */
  readonly changed: () => void;
}

const apiVersion = 'slipway.dev/v1';
/** Keeps the object until its replicas have drained. */
const finalizer = 'slipway.dev/drain';

export class TaskResources implements DesiredStore, Closeable {
  readonly #options: TaskResourcesOptions;
  readonly #path: string;
  readonly #watch: KubeWatch<TaskObject>;
  /** What was written last, which the watch may not have told yet. */
  readonly #written = new Map<string, { readonly record: TaskRecord; readonly applied: TaskSpec }>();
  /** Tasks whose object somebody let go although it had our finalizer. */
  readonly #vanished = new Set<TaskName>();

  constructor(options: TaskResourcesOptions) {
    this.#options = options;
    const { api, clock, log, changed } = options;
    this.#path = paths(api.namespace).tasks;
    this.#watch = new KubeWatch({
      api,
      path: this.#path,
      schema: TaskObject,
      clock,
      log,
      changed,
      removed: (object) => this.#miss(object),
    });
  }

  async load(): Promise<StoredState> {
    await this.#watch.synced;
    const records: TaskRecord[] = [];
    const damaged: StoredState['damaged'][number][] = [];
    for (const { metadata, record, applied } of this.#watch.items) {
      if (record === undefined || record === null) continue;
      const parsed = TaskRecord.safeParse(record);
      if (parsed.success) {
        records.push(parsed.data);
        this.#written.set(metadata.name, {
          record: parsed.data,
          applied: applied ?? declarationOf(parsed.data, undefined, undefined),
        });
      } else {
        const message = `The record of the task ${metadata.name} is damaged: ${z.prettifyError(parsed.error)}.`;
        const { hint } = errorTable.state_corrupt;
        damaged.push({ file: `tasks/${metadata.name}`, reason: { code: 'state_corrupt', message, hint } });
      }
    }
    return { records, damaged };
  }

  /** What was asked for with kubectl and is not followed yet. */
  declarations(): Declaration[] {
    const vanished = [...this.#vanished].map((task): Declaration => ({ task, kind: 'deleted' }));
    const declared = this.#watch.items.flatMap((object): Declaration[] => {
      const task = TaskName.safeParse(object.metadata.name);
      if (!task.success) return [];
      if (object.metadata.deletionTimestamp !== undefined) return [{ task: task.data, kind: 'deleted' }];
      const spec = TaskSpec.safeParse(object.spec);
      if (!spec.success) return [{ task: task.data, kind: 'faulty', message: z.prettifyError(spec.error) }];
      const applied = object.record === undefined ? undefined : object.applied;
      if (!asksForMore(spec.data, applied)) return [];
      // Our own write is on its way back to us.
      if (!asksForMore(spec.data, this.#written.get(task.data)?.applied)) return [];
      return [{ task: task.data, kind: 'declared', spec: spec.data, applied }];
    });
    return [...vanished, ...declared];
  }

  async save(record: TaskRecord): Promise<void> {
    const before = this.#written.get(record.task);
    const isSame = before?.record.uid === record.uid;
    const applied = declarationOf(record, isSame ? before.record : undefined, isSame ? before.applied : undefined);
    if (record.desired === 'deleted') {
      await this.#write(record, before?.applied ?? applied);
      await this.#askToDelete(record.task);
      return;
    }
    const there = this.#watch.get(record.task);
    if (before !== undefined && !isSame && there?.metadata.deletionTimestamp !== undefined) {
      throw new SlipwayError('task_exists', `The task ${record.task} was deleted, and its replicas still drain.`, {
        hint: 'Try again in a moment.',
      });
    }
    await this.#write(record, applied);
  }

  remove({ task }: TaskRecord): Promise<void> {
    return this.forget(task);
  }

  /** Lets the object go, of which nothing runs any more. */
  async forget(task: TaskName): Promise<void> {
    const { api } = this.#options;
    this.#written.delete(task);
    this.#vanished.delete(task);
    await this.#askToDelete(task);
    const body = { metadata: { finalizers: null } };
    const path = `${this.#path}/${task}`;
    try {
      await api.send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 404) throw translate(error);
    }
  }

  async showStatus(task: TaskName, status: TaskStatus): Promise<void> {
    const object = {
      apiVersion,
      kind: 'Task',
      metadata: { name: task, namespace: this.#options.api.namespace },
      status,
    };
    await this.#options.api.apply(`${this.#path}/${task}/status`, object);
  }

  ownerOf(task: TaskName): Owner | undefined {
    const uid = this.#watch.get(task)?.metadata.uid;
    return uid === undefined || uid === '' ? undefined : { name: task, uid };
  }

  close(): Promise<void> {
    return this.#watch.close();
  }

  async #write(record: TaskRecord, applied: TaskSpec): Promise<void> {
    const { api } = this.#options;
    const object = {
      apiVersion,
      kind: 'Task',
      metadata: { name: record.task, namespace: api.namespace, finalizers: [finalizer] },
      spec: applied,
      record,
      applied,
    };
    try {
      await api.apply(`${this.#path}/${record.task}`, object);
    } catch (error) {
      throw translate(error);
    }
    this.#written.set(record.task, { record, applied });
    this.#vanished.delete(record.task);
  }

  #miss({ metadata }: TaskObject): void {
    const task = TaskName.safeParse(metadata.name);
    if (task.success && this.#written.has(task.data)) this.#vanished.add(task.data);
  }

  async #askToDelete(task: TaskName): Promise<void> {
    try {
      await this.#options.api.remove(`${this.#path}/${task}`);
    } catch (error) {
      throw translate(error);
    }
  }
}

function translate(error: unknown): unknown {
  if (!(error instanceof KubeError)) return error;
  const code = error.status === 409 ? 'state_conflict' : 'kubernetes_unavailable';
  return new SlipwayError(code, `Kubernetes refused the state: ${error.message}.`, { cause: error });
}
