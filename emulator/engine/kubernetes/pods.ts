// From a pod to a replica: what the kubelet and the worker say, in our words. Pure.
import { errorTable, Reason } from '../../../schemas/errors.ts';
import { ReplicaId, VersionKey } from '../../../schemas/ids.ts';
import type { ContainerStatus, Pod } from '../../../schemas/cluster.ts';
import type { ReplicaState, WorkerAddress } from '../../../schemas/tasks.ts';
import type { EngineReplica } from '../engine.ts';
import { keyAnnotation } from './names.ts';

export const workerPort = 7000;
/** Of a service that is a server itself. */
export const serverPort = 7002;
export const workerContainer = 'worker';

/**
 * Pods that are no replicas are left out.
 * @param secret of the link to the workers of a version
 * @param wasAway Kubernetes did not answer until a moment ago, and has not heard of all its nodes again
 */
export function replicasOf(
  pods: readonly Pod[],
  secret: (key: VersionKey) => string,
  wasAway = false,
): EngineReplica[] {
  const news = wasAway || allAreSilent(pods) ? 'doubted' : 'believed';
  return pods.flatMap((pod) => replicaOf(pod, secret, news) ?? []);
}

/** What Kubernetes says of nodes that it has not heard of. */
type NewsOfNodes = 'believed' | 'doubted';

/**
 * Every node at once: then it is rather Kubernetes that was away, and it takes no pod away itself in such a moment.
 * Gateways notice by themselves which of their links are dead.
 */
function allAreSilent(pods: readonly Pod[]): boolean {
  const running = pods.filter((pod) => worker(pod)?.ready === true);
  const nodes = new Set(running.map(({ spec }) => spec.nodeName));
  return nodes.size > 1 && running.every((pod) => isSilent(pod) && !isTaken(pod));
}

function replicaOf(pod: Pod, secret: (key: VersionKey) => string, news: NewsOfNodes): EngineReplica | undefined {
  const id = ReplicaId.safeParse(pod.metadata.name);
  const key = VersionKey.safeParse(pod.metadata.annotations[keyAnnotation]);
  if (!id.success || !key.success) return undefined;
  const { state, reason, since } = standing(pod, news);
  const status = worker(pod);
  const host = pod.status.podIP;
  const address: WorkerAddress | undefined =
    host === undefined ? undefined : { kind: 'tcp', host, port: workerPort, secret: secret(key.data) };
  return {
    id: id.data,
    key: key.data,
    node: pod.spec.nodeName ?? null,
    state,
    since: Date.parse(since ?? pod.metadata.creationTimestamp ?? '') || 0,
    restarts: status?.restartCount ?? 0,
    ...(status?.containerID === undefined ? {} : { container: status.containerID.replace(/^[a-z-]+:\/\//, '') }),
    ...(status?.image === undefined ? {} : { image: status.image }),
    ...(address === undefined ? {} : { address }),
    ...(reason === undefined ? {} : { reason }),
  };
}

interface Standing {
  readonly state: ReplicaState;
  readonly reason?: Reason;
  readonly since?: string | undefined;
}

function standing(pod: Pod, news: NewsOfNodes): Standing {
  const condition = (type: string): Pod['status']['conditions'][number] | undefined =>
    pod.status.conditions.find((one) => one.type === type);
  const status = worker(pod);
  const { deletionTimestamp } = pod.metadata;
  if (hasEnded(pod)) return { state: 'lost', reason: endOf(pod) };
  if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return { state: 'stopped' };
  const ready = condition('Ready');
  if (isTaken(pod) || (news === 'believed' && isSilent(pod))) {
    const message = `Its node ${pod.spec.nodeName ?? ''} does not answer.`;
    return { state: 'lost', reason: reason('replica_lost', message), since: ready?.lastTransitionTime ?? undefined };
  }
  if (deletionTimestamp !== undefined) {
    return { state: status?.state.running === undefined ? 'stopped' : 'draining', since: deletionTimestamp };
  }
  const scheduled = condition('PodScheduled');
  if (pod.spec.nodeName === undefined) {
    if (scheduled?.status !== 'False') return { state: 'placing' };
    return { state: 'placing', reason: reason('cannot_place', scheduled.message) };
  }
  // Also one beside which others run: what an admission webhook adds to a pod may go on for as long as it lives.
  const failure = [...pod.status.initContainerStatuses.filter(isUnfinished), status].map(failureOf).find(Boolean);
  if (failure !== undefined) return { state: 'failed', reason: failure };
  if (status?.state.running === undefined) return { state: 'starting' };
  if (!status.ready) {
    const before = endReason(status.lastState);
    return { state: 'loading', since: status.state.running.startedAt, ...(before && { reason: before }) };
  }
  return { state: 'ready', since: ready?.lastTransitionTime ?? undefined };
}

function isUnfinished({ state }: ContainerStatus): boolean {
  return state.terminated?.exitCode !== 0;
}

/** Its node ended it as a whole, as when that has too little memory or shuts down. It stays as it is; another takes its place. */
export function hasEnded(pod: Pod): boolean {
  return pod.status.phase === 'Failed' && pod.metadata.deletionTimestamp === undefined;
}

/** The secret of its version was removed by somebody. */
export function lacksSecret({ status }: Pod): boolean {
  return status.initContainerStatuses.some(({ state }) => /^secret ".*" not found/.test(state.waiting?.message ?? ''));
}

function endOf({ spec, status }: Pod): Reason {
  const why = [status.reason, status.message.trim()].filter((text) => text !== '').join(': ');
  return reason('replica_lost', `Its node ${spec.nodeName ?? ''} ended it${why && `: ${why}`}`.replace(/\.?$/, '.'));
}

/** The node controller says of pods of a silent node that they are not ready, while their containers seem to be. */
function isSilent(pod: Pod): boolean {
  const ready = pod.status.conditions.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' && ready.reason === '' && worker(pod)?.ready === true;
}

/** It is taken away, as its node was silent for too long. */
function isTaken(pod: Pod): boolean {
  return pod.status.conditions.some(
    ({ type, status, reason: why }) =>
      type === 'DisruptionTarget' && status === 'True' && why === 'DeletionByTaintManager',
  );
}

function worker(pod: Pod): ContainerStatus | undefined {
  return pod.status.containerStatuses.find(({ name }) => name === workerContainer);
}

/** The kubelet was too busy and tries again by itself: nothing is wrong with the container. */
const passing = /^failed to sync \w+ cache: timed out|context deadline exceeded/;

/** What keeps a container from running: it ended and waits to be started again, or it cannot be started at all. */
function failureOf(status: ContainerStatus | undefined): Reason | undefined {
  if (status === undefined) return undefined;
  const { waiting, terminated } = status.state;
  if (terminated !== undefined) return endReason(status.state);
  if (waiting === undefined) return undefined;
  if (waiting.reason === 'CrashLoopBackOff') return endReason(status.lastState);
  if (waiting.reason.startsWith('CreateContainer') && passing.test(waiting.message)) return undefined;
  if (/^(?:ErrImage|ImagePull|InvalidImage|CreateContainer|RunContainer)/.test(waiting.reason)) {
    return reason('image_unavailable', `${waiting.reason}: ${waiting.message}`);
  }
  return undefined;
}

/** The worker leaves its own reason as the termination message. */
function endReason({ terminated }: ContainerStatus['state']): Reason | undefined {
  if (terminated === undefined || (terminated.exitCode === 0 && terminated.signal === undefined)) return undefined;
  const told = parseReason(terminated.message);
  if (told !== undefined) return told;
  if (terminated.reason === 'OOMKilled') {
    return reason('replica_oom', 'The worker used more memory than resources.memory allows.');
  }
  const tail = terminated.message.trim().slice(-500);
  return reason('replica_exited', `The worker ended with exit code ${terminated.exitCode}${tail && `: ${tail}`}.`);
}

function parseReason(text: string): Reason | undefined {
  try {
    return Reason.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function reason(code: Reason['code'], message: string): Reason {
  return { code, message, hint: errorTable[code].hint };
}
