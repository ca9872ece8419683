// Whether faults may be injected into this cluster: the label of the namespace says so, and is asked for each time.
import { KubeObject } from '../../schemas/cluster.ts';
import type { KubeApi } from '../engine/kubernetes/api.ts';
import { faultsLabel } from './manifests/objects.ts';

/** @returns why they may not be, or undefined where they may */
export async function faultRefusal(api: Pick<KubeApi, 'get' | 'namespace'>): Promise<string | undefined> {
  const { name, allowed } = faultsLabel;
  const object = await api.get(`/api/v1/namespaces/${api.namespace}`);
  if (object !== undefined && KubeObject.parse(object).metadata.labels[name] === allowed) return undefined;
  return `the namespace ${api.namespace} is not labelled ${name}=${allowed}, which \`slipway cluster manifests --allow-faults\` does`;
}
