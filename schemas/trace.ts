// The load of a task as it was recorded, and what a scaling rule would have made of it. The same file is a trace for rehearsals.
import { z } from 'zod';
import { TaskName, Timestamp } from './ids.ts';
import { ScalingSettings } from './scaling.ts';

const ms = z.number().min(0).max(31_536_000_000);

/** What was there during one interval. */
export const LoadSample = z.strictObject({
  /** End of the interval, in milliseconds from the beginning of the recording. */
  atMs: ms,
  /** Its length; what lies before it and after the last one is not known. */
  forMs: ms.refine((length) => length > 0, 'must be more than 0'),
  /** Requests that were accepted. */
  arrivals: z.number().min(0).max(1_000_000_000),
  /** Requests queued and executing, the mean. */
  concurrency: z.number().min(0).max(1_000_000_000),
});
export type LoadSample = z.infer<typeof LoadSample>;

export const LoadTrace = z
  .strictObject({
    $schema: z.string().optional(),
    task: TaskName,
    recordedAt: Timestamp,
    /** Replicas at the beginning. */
    replicas: z.int().min(0).max(1000),
    /** Of the service, for the default of targetConcurrency. */
    maxBatchSize: z.int().min(1).max(4096).default(64),
    /** How it was scaled then. */
    scaling: ScalingSettings.prefault({}),
    /** In the order of time; none overlaps another. */
    samples: z.array(LoadSample).min(1).max(1_000_000),
  })
  .refine(
    ({ samples }) => samples.every(({ atMs, forMs }, index) => atMs - forMs >= (samples[index - 1]?.atMs ?? 0) - 1),
    {
      path: ['samples'],
      message: 'each sample begins where the one before ended, or later',
    },
  );
export type LoadTrace = z.infer<typeof LoadTrace>;

/** One decision of a simulation; `to` is `from` where the number stayed although the load asked for another. */
export const SimulatedDecision = z.object({
  atMs: z.number(),
  from: z.int(),
  to: z.int(),
  reason: z.string(),
  inputs: z.record(z.string(), z.number()),
});
export type SimulatedDecision = z.infer<typeof SimulatedDecision>;

export const ScalingSimulation = z.object({
  task: z.string(),
  rules: z.record(z.string(), z.number().nullable()),
  decisions: z.array(SimulatedDecision),
  durationMs: z.number(),
  requests: z.number(),
  /** Wanted replicas times the seconds that they were wanted. */
  replicaSeconds: z.number(),
  mostReplicas: z.int(),
  /** Time during which a ready replica had more than its target, or there was load and no ready replica. */
  overTargetMs: z.number(),
  /** Time of which the trace knows nothing. */
  unknownMs: z.number(),
});
export type ScalingSimulation = z.infer<typeof ScalingSimulation>;
