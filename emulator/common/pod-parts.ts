// What all pods of a cluster have in common, those of an installation and those of its replicas.

/** Annotations: their folders are empty at each start, so that whoever takes a node away may take these pods with it. */
export const movable = { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' } as const;

/** @param name of the secret that opens the registry of their images */
export function pullSecrets(name: string | undefined): object {
  return name === undefined ? {} : { imagePullSecrets: [{ name }] };
}
