// The Kubernetes engine: versions become Deployments, and their pods, as a watch tells of them, the snapshot. Restarting,
// rescheduling and placing are Kubernetes' own work. Closing it leaves everything running.
import { Deployment, KubeObject, Pod } from '../../../schemas/cluster.ts';
import type { ReplicaFault, ReplicaFaultKind } from '../../../schemas/faults.ts';
import type { NodeName, VersionKey } from '../../../schemas/ids.ts';
import { type ReplicaId } from '../../../schemas/ids.ts';
import type { NodeView } from '../../../schemas/tasks.ts';
import type { Target } from '../../../schemas/target.ts';
import type { Traits } from '../../../schemas/traits.ts';
import type { Clock, Timer } from '../../common/clock.ts';
import { SlipwayError, toSlipwayError } from '../../common/errors.ts';
import type { Logger } from '../../common/log.ts';
import type {
  Engine,
  EngineFaults,
  EngineListener,
  EngineOutput,
  EngineReplica,
  EngineSnapshot,
  EngineVersion,
  EngineVersionStatus,
  Preparation,
} from '../engine.ts';
import { refuseOwnImage } from '../service-config.ts';
import type { KubeApi } from './api.ts';
import { AppliedDeployments, refusedReplica } from './deployments.ts';
import { kubernetesTraits } from './traits.ts';
import { keyAnnotation, labels, paths, workloadName } from './names.ts';
import { PodLogs } from './pod-logs.ts';
import { hasEnded, lacksSecret, replicasOf } from './pods.ts';
import type { ClusterSecrets } from './secrets.ts';
import { KubeWatch } from './watch.ts';
import { tellWorker } from './worker-faults.ts';
import { workloadOf, type Owner, type WorkloadSettings } from './workload.ts';
import { WorkQueue } from './work-queue.ts';

export interface KubernetesEngineOptions {
  readonly api: KubeApi;
  readonly settings: WorkloadSettings;
  readonly secrets: ClusterSecrets;
  /** The custom resource that a task's objects belong to: with it they go. */
  readonly ownerOf: (task: EngineVersion['task']) => Owner | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes no replica away until `release` is called. Default: it may at once. */
  readonly held?: boolean;
}

/** Loading is the business of a pod that is not there yet when it should be told to fail. */
const replicaFaults: readonly ReplicaFaultKind[] = ['kill', 'slow', 'leak', 'dropLink', 'delayLink', 'freeze'];

interface Told {
  readonly version: EngineVersion;
  readonly count: number;
}

export class KubernetesEngine implements Engine {
  readonly kind = 'kubernetes';
  readonly #options: KubernetesEngineOptions;
  readonly #told = new Map<VersionKey, Told>();
  readonly #listeners = new Set<EngineListener>();
  readonly #work: WorkQueue<string>;
  readonly #paths: ReturnType<typeof paths>;
  #pods: KubeWatch<Pod> | undefined;
  #deployments: KubeWatch<Deployment> | undefined;
  readonly #applied = new AppliedDeployments();
  /** Pods that ended for good, and are taken away. */
  readonly #ended: WorkQueue<string>;
  #doubt: Timer | undefined;
  #logs: PodLogs | undefined;
  #restarts = new Map<ReplicaId, number>();
  /** Replicas whose pods were told to end at once, until they have. */
  readonly #killed = new Map<ReplicaId, VersionKey>();
  /** Names of what waits for `release`; undefined when nothing does. */
  #held: Set<string> | undefined;
  #scheduled = false;
  #closed = false;

  constructor(options: KubernetesEngineOptions) {
    this.#options = options;
    this.#held = options.held === true ? new Set() : undefined;
    this.#paths = paths(options.api.namespace);
    const { clock, log } = options;
    this.#work = new WorkQueue({ clock, log, run: (name) => this.#reconcile(name) });
    this.#ended = new WorkQueue({ clock, log, run: (name) => options.api.remove(`${this.#paths.pods}/${name}`) });
  }

  /** Resolves when the pods that are there are known. */
  async start(): Promise<void> {
    const { api, clock, log } = this.#options;
    const about = { api, labels: `${labels.part}=replica`, clock, log, changed: () => this.#changed() };
    this.#pods = new KubeWatch({ ...about, path: this.#paths.pods, schema: Pod });
    this.#deployments = new KubeWatch({
      ...about,
      path: this.#paths.deployments,
      schema: Deployment,
      // By somebody else: what we remove ourselves is forgotten before.
      removed: ({ metadata }) => {
        if (this.#applied.isOurs(metadata.name)) this.#work.add(metadata.name);
      },
    });
    const emit = (output: EngineOutput): void => this.#tell((listener) => listener.output(output));
    this.#logs = new PodLogs({ api, path: this.#paths.pods, clock, log, emit });
    await Promise.all([this.#pods.synced, this.#deployments.synced]);
  }

  apply(version: EngineVersion, count: number): void {
    if (this.#closed) return;
    this.#told.set(version.key, { version, count });
    this.#work.add(workloadName(version.key, version.task));
    this.#changed();
  }

  remove(key: VersionKey): void {
    if (this.#closed) return;
    const told = this.#told.get(key);
    this.#told.delete(key);
    if (told !== undefined) this.#work.add(workloadName(key, told.version.task));
    this.#changed();
  }

  /** From now on replicas may be taken away. */
  release(): void {
    const names = this.#held ?? [];
    this.#held = undefined;
    for (const name of names) this.#work.add(name);
  }

  /** Removes what an earlier controller left of versions that nobody knows any more. */
  async keepOnly(live: ReadonlySet<VersionKey>): Promise<void> {
    const { api } = this.#options;
    const query = { labelSelector: `${labels.part}=replica` };
    const answer = (await api.send({ method: 'GET', path: this.#paths.deployments, query })) as { items: unknown[] };
    for (const item of answer.items) {
      const { metadata } = KubeObject.parse(item);
      if (!live.has(metadata.annotations[keyAnnotation] as VersionKey)) this.#work.add(metadata.name);
    }
  }

  snapshot(): EngineSnapshot {
    const { secrets, api } = this.#options;
    const pods = replicasOf(this.#pods?.items ?? [], (key) => secrets.link(key), api.doubtLeft > 0);
    const refused = [...this.#told.values()].flatMap(({ version: { key, task }, count }) => {
      const found = this.#deployments?.get(workloadName(key, task));
      const own = (): number => pods.filter((pod) => pod.key === key).length;
      return refusedReplica(found, { key, wanted: count, pods: own }) ?? [];
    });
    const replicas = [...pods, ...refused];
    const versions = [...this.#told.values()].map(({ version, count }): EngineVersionStatus => {
      return { key: version.key, wanted: count, preparation: preparationOf(version) };
    });
    return { versions, replicas, nodes: nodesOf(replicas) };
  }

  watch(listener: EngineListener): () => void {
    this.#listeners.add(listener);
    this.#tellOne(listener, (one) => one.snapshot(this.snapshot()));
    return () => void this.#listeners.delete(listener);
  }

  /** Nodes are the cluster's own, and not for rehearsals. */
  faults(): EngineFaults {
    return { replica: replicaFaults, node: [] };
  }

  async faultReplica(id: ReplicaId, fault: ReplicaFault): Promise<void> {
    const { address } = this.#replica(id);
    if (fault.kind === 'kill') this.kill(id);
    else if (fault.kind === 'failLoad' || address === undefined) {
      throw new SlipwayError('state_conflict', `${id} has no worker that could be told.`);
    } else await tellWorker(address, fault, this.#options.clock);
  }

  faultNode(): Promise<void> {
    return Promise.reject(new SlipwayError('fault_unsupported', 'nodes of a cluster are not for rehearsals'));
  }

  /** Its pod is gone at once, and another one takes its place. @throws SlipwayError replica_not_found */
  kill(id: ReplicaId): void {
    const { api, log } = this.#options;
    this.#killed.set(id, this.#replica(id).key);
    const query = { gracePeriodSeconds: '0' };
    api.send({ method: 'DELETE', path: `${this.#paths.pods}/${id}`, query }).catch((error: unknown) => {
      this.#killed.delete(id);
      log.warn('a pod could not be killed', { replica: id, error });
    });
  }

  traits(): Traits {
    return kubernetesTraits;
  }

  /** The image cannot be looked into from here: whoever installed the platform described it. */
  target(): Promise<Target> {
    const { target } = this.#options.settings;
    if (target !== undefined) return Promise.resolve(target);
    return Promise.reject(new SlipwayError('target_unknown', 'The image of replicas is not described here.'));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#doubt?.cancel();
    await Promise.all([this.#work.close(), this.#ended.close()]);
    await this.#logs?.close();
    await Promise.all([this.#pods?.close(), this.#deployments?.close()]);
  }

  /** Makes what there is of a version what it should be; may be repeated. */
  async #reconcile(name: string): Promise<void> {
    const { api, settings, secrets, ownerOf } = this.#options;
    const told = [...this.#told.values()].find(
      ({ version }) => workloadName(version.key, version.task) === name && preparationOf(version).state === 'prepared',
    );
    const { deployments, secrets: secretPath, budgets } = this.#paths;
    const live = this.#liveOf(name);
    const fewer = (told?.count ?? 0) < live;
    if (fewer) this.#held?.add(name);
    const isHeld = fewer && this.#held !== undefined;
    if (told === undefined) {
      if (isHeld) return;
      this.#applied.forget(name);
      for (const path of [deployments, budgets, secretPath]) await api.remove(`${path}/${name}`);
      return;
    }
    const owner = ownerOf(told.version.task);
    const { deployment, secret, budget } = workloadOf(told.version, isHeld ? live : told.count, {
      settings,
      secrets,
      owner,
    });
    await api.apply(`${secretPath}/${name}`, secret);
    await api.apply(`${budgets}/${name}`, budget);
    await this.#applied.apply(name, async () =>
      Deployment.parse(await api.apply(`${deployments}/${name}`, deployment)),
    );
    this.#changed();
  }

  /** Pods that are not about to go. */
  #liveOf(name: string): number {
    const pods = this.#pods?.items ?? [];
    return pods.filter(({ metadata }) => metadata.labels[labels.version] === name && !metadata.deletionTimestamp)
      .length;
  }

  /** Changes that come together are told once. */
  #changed(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#closed) return;
      const snapshot = this.snapshot();
      this.#mend();
      this.#logs?.follow(snapshot.replicas);
      this.#tellExits(snapshot.replicas);
      this.#tell((listener) => listener.snapshot(snapshot));
    });
  }

  /** What others did is undone, and what ended for good goes. */
  #mend(): void {
    const { api, clock, log } = this.#options;
    for (const found of this.#deployments?.items ?? []) {
      if (!this.#applied.isChanged(found)) continue;
      log.info('a Deployment was changed by somebody else', { name: found.metadata.name });
      this.#work.add(found.metadata.name);
    }
    for (const pod of this.#pods?.items ?? []) {
      const version = pod.metadata.labels[labels.version];
      if (version !== undefined && this.#applied.isOurs(version) && lacksSecret(pod)) this.#work.add(version);
      if (!hasEnded(pod)) continue;
      const { reason, message } = pod.status;
      log.warn('a pod was ended by its node and is taken away', { name: pod.metadata.name, reason, message });
      this.#ended.add(pod.metadata.name);
    }
    const doubtMs = api.doubtLeft;
    if (doubtMs === 0) return;
    this.#doubt?.cancel();
    this.#doubt = clock.after(doubtMs, () => this.#changed());
  }

  #tellExits(replicas: readonly EngineReplica[]): void {
    const before = this.#restarts;
    this.#restarts = new Map(replicas.map(({ id, restarts }) => [id, restarts]));
    for (const { id, key, restarts } of replicas) if (restarts > (before.get(id) ?? 0)) this.#tellExit(id, key);
    for (const [id, key] of this.#killed) {
      if (this.#restarts.has(id)) continue;
      this.#killed.delete(id);
      this.#tellExit(id, key);
    }
  }

  #tellExit(replica: ReplicaId, key: VersionKey): void {
    const exit = { key, replica, code: null, signal: null, restartInMs: 0 };
    this.#tell((listener) => listener.exited(exit));
  }

  #tell(say: (listener: EngineListener) => void): void {
    for (const listener of [...this.#listeners]) this.#tellOne(listener, say);
  }

  #tellOne(listener: EngineListener, say: (listener: EngineListener) => void): void {
    try {
      say(listener);
    } catch (error) {
      this.#options.log.error('a listener of the engine failed', { error });
    }
  }

  #replica(id: ReplicaId): EngineReplica {
    const found = this.snapshot().replicas.find((replica) => replica.id === id);
    if (found === undefined) throw new SlipwayError('replica_not_found', `there is no replica ${id}`);
    return found;
  }
}

/** Nodes as far as they are known without asking for them, which a role of one namespace may not. */
function nodesOf(replicas: readonly EngineReplica[]): NodeView[] {
  const nodes = new Map<NodeName, EngineReplica[]>();
  for (const replica of replicas) {
    if (replica.node !== null) nodes.set(replica.node, [...(nodes.get(replica.node) ?? []), replica]);
  }
  return [...nodes].map(([name, own]) => ({
    name,
    state: own.every(({ state }) => state === 'lost') ? 'lost' : 'ready',
    since: Math.min(...own.map(({ since }) => since)),
    capacity: null,
    used: null,
    replicas: own.length,
  }));
}

/** Pods run the image of the platform, which has a worker and what gateways need of it. */
function preparationOf({ manifest }: EngineVersion): Preparation {
  try {
    refuseOwnImage(manifest, 'Replicas of a cluster run its own image');
    return { state: 'prepared' };
  } catch (error) {
    return { state: 'failed', reason: toSlipwayError(error).toReason() };
  }
}
