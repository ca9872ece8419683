// Debugging a replica: it connects to an adapter that somebody of this machine has started, and that knows the token.
import { z } from 'zod';
import { ReplicaId } from './ids.ts';

/** What a worker is told: in its configuration, or over its control link while it serves. */
export const DebugOrder = z.strictObject({
  /** Absolute path of the folder that holds debugpy, among the environments of the home folder. */
  path: z.string().min(1).max(4096),
  /** Where the adapter waits, on the loopback address. */
  port: z.int().min(1).max(65535),
  /** What the adapter has to know before the worker obeys it. */
  token: z.string().regex(/^[0-9a-f]{32,128}$/, 'expected 32 to 128 hexadecimal digits'),
});
export type DebugOrder = z.infer<typeof DebugOrder>;

/** With `replica`, that one is debugged from now on; else the next one of the task that starts, from its first line on. */
export const DebugTask = DebugOrder.extend({ replica: ReplicaId.optional() });
export type DebugTask = z.infer<typeof DebugTask>;

const path = '/api/v1/tasks/:task/debug';

/** Rows of the control API's table (api.ts). */
export const debugOperations = {
  debug: {
    method: 'post',
    path,
    summary: 'Debug a replica, or the next one of the task that starts; from this machine only',
    body: DebugTask,
    status: 202,
  },
  endDebug: {
    method: 'delete',
    path,
    summary: 'The next replica that starts is not debugged after all',
    status: 204,
  },
} as const;
