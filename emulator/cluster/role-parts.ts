// What every process of a cluster is made of.
import type { Logger } from '../common/log.ts';
import type { ClusterSecrets } from '../engine/kubernetes/secrets.ts';
import type { Certificate } from './certificate.ts';
import type { Settings } from './settings.ts';

export interface RoleParts {
  readonly settings: Settings;
  readonly certificate: Certificate;
  readonly secrets: ClusterSecrets;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
}
