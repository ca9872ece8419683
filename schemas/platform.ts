// The file by which the command line and the editor find a running platform: <home>/platform.json, mode 0600.
import { z } from 'zod';
import { Timestamp } from './ids.ts';

export const PlatformInfo = z.object({
  /** URL of the control API. */
  control: z.string(),
  /** URL of the gateway. */
  inference: z.string(),
  tokenFile: z.string(),
  pid: z.int().positive(),
  /** Start time of the process as the system tells it; a pid alone may be another process's by now. */
  processStart: z.string(),
  startedAt: Timestamp,
  /** What replicas run in. */
  engine: z.enum(['process', 'docker', 'kubernetes']).default('process'),
  version: z.string(),
});
export type PlatformInfo = z.infer<typeof PlatformInfo>;
