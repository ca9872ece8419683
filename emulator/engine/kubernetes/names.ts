// How versions are called in the cluster. Names and label values have at most 63 characters, so long ones are cut;
// the number and the uid behind them keep them apart.
import type { TaskName, VersionKey } from '../../../schemas/ids.ts';

export const labels = {
  part: 'slipway.dev/part',
  task: 'slipway.dev/task',
  version: 'slipway.dev/version',
  leader: 'slipway.dev/leader',
} as const;

/** The whole key of a version, which may be too long for a label. */
export const keyAnnotation = 'slipway.dev/key';

const taskChars = 28;

/** Name of everything that belongs to a version: `mnist-v2-5f3a91c0`. */
export function workloadName(key: VersionKey, task: TaskName): string {
  return `${task.slice(0, taskChars).replace(/-+$/, '')}${key.slice(task.length)}`;
}

export const paths = (namespace: string) => ({
  pods: `/api/v1/namespaces/${namespace}/pods`,
  secrets: `/api/v1/namespaces/${namespace}/secrets`,
  deployments: `/apis/apps/v1/namespaces/${namespace}/deployments`,
  budgets: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
  leases: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
  tasks: `/apis/slipway.dev/v1/namespaces/${namespace}/tasks`,
});
