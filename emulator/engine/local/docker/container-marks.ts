// The labels by which a platform finds its own containers again, and no one else's.
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { WorkerOrder } from '../launcher.ts';

export interface ContainerMarks {
  /** Names this home folder on this machine: an Engine may serve several. */
  readonly home: string;
  /** The platform process: a later one of the same home has another. */
  readonly platform: string;
}

export const homeLabel = 'slipway.home';
export const platformLabel = 'slipway.platform';
/** Names one launch of the platform, so that a container is known before its id is. */
export const launchLabel = 'slipway.launch';
export const replicaLabel = 'slipway.replica';

/** @param root real path of the home folder. */
export function homeMark(root: string, machine: string = hostname()): string {
  return createHash('sha256').update(`${machine}\0${root}`).digest('hex').slice(0, 16);
}

export function containerLabels(marks: ContainerMarks, order: WorkerOrder, launch: string): Record<string, string> {
  return {
    [homeLabel]: marks.home,
    [platformLabel]: marks.platform,
    [launchLabel]: launch,
    'slipway.task': order.task,
    'slipway.version-id': order.versionId,
    [replicaLabel]: order.replica,
  };
}

/** As people see it in `docker ps`; two homes may have a replica of one id. */
export function containerName(marks: ContainerMarks, order: WorkerOrder): string {
  return `slipway-${marks.home.slice(0, 6)}-${order.replica}`;
}
