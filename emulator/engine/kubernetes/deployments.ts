// What Deployments say of versions: whether somebody else changed or removed one, and why Kubernetes makes no pods.
import { ReplicaId, type VersionKey } from '../../../schemas/ids.ts';
import type { Deployment } from '../../../schemas/cluster.ts';
import type { EngineReplica } from '../engine.ts';

/** What was applied last of each Deployment, by its name. */
export class AppliedDeployments {
  readonly #generations = new Map<string, number>();
  readonly #underWay = new Set<string>();

  /** @param apply resolves with the answer of the API */
  async apply(name: string, apply: () => Promise<Deployment>): Promise<void> {
    this.#underWay.add(name);
    try {
      this.#generations.set(name, (await apply()).metadata.generation);
    } finally {
      this.#underWay.delete(name);
    }
  }

  forget(name: string): void {
    this.#generations.delete(name);
  }

  /** Whether somebody else had a word in it since. What an admission webhook changes is part of the answer, and is not news. */
  isChanged({ metadata }: Deployment): boolean {
    const ours = this.#generations.get(metadata.name);
    // Our own word may be told by the watch before it is answered.
    return ours !== undefined && !this.#underWay.has(metadata.name) && metadata.generation > ours;
  }

  /** Whether it should be there. */
  isOurs(name: string): boolean {
    return this.#generations.has(name);
  }
}

const hint =
  'Look at the quota, the limits and the admission rules of the namespace; or lower resources in slipway.json, or stop another task.';

/**
 * A replica that stands for those of which Kubernetes makes no pod, since quota, limits or admission forbid it.
 * @param found of the version, which has `pods` where `wanted` should be
 */
export function refusedReplica(
  found: Deployment | undefined,
  version: { readonly key: VersionKey; readonly wanted: number; readonly pods: () => number },
): EngineReplica | undefined {
  const failure = found?.status.conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (found === undefined || failure === undefined || version.pods() >= version.wanted) return undefined;
  const message = `Kubernetes makes no pod: ${failure.message}`.replace(/\.?$/, '.');
  return {
    id: ReplicaId.parse(`${found.metadata.name}-refused`),
    key: version.key,
    node: null,
    state: 'placing',
    since: Date.parse(failure.lastTransitionTime ?? '') || 0,
    restarts: 0,
    reason: { code: 'cannot_place', message, hint },
  };
}
