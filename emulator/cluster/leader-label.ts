// Marks the pod that leads, which is the one that the Service of the controller sends to.
import { KubeObject } from '../../schemas/cluster.ts';
import type { KubeApi } from '../engine/kubernetes/api.ts';
import { labels, paths } from '../engine/kubernetes/names.ts';

/** Takes the mark from all others. */
export async function markLeader(api: KubeApi, pod: string): Promise<void> {
  const collection = paths(api.namespace).pods;
  const query = { labelSelector: `${labels.part}=controller` };
  const answer = (await api.send({ method: 'GET', path: collection, query })) as { items: unknown[] };
  const pods = answer.items.map((item) => KubeObject.parse(item).metadata);
  const others = pods.filter(({ name, labels: own }) => name !== pod && own[labels.leader] === 'true');
  await mark(api, pod, 'true');
  for (const { name } of others) await mark(api, name, null).catch(() => undefined);
}

function mark(api: KubeApi, pod: string, value: 'true' | null): Promise<unknown> {
  const body = { metadata: { labels: { [labels.leader]: value } } };
  const path = `${paths(api.namespace).pods}/${pod}`;
  return api.send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
}
