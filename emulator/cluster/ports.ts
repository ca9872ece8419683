// The ports of the cluster's processes.
export const ports = {
  /** Control API, with TLS. */
  control: 7443,
  /** Routes and load, between controller and gateways. */
  internal: 7444,
  bundles: 7445,
  inference: 7070,
  health: 7080,
} as const;
