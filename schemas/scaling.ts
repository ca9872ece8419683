// How the number of replicas follows the load: what a user may say of it, and what the platform tells of its decisions.
import { z } from 'zod';

/**
 * The section `scaling` of slipway.json, and what a task may be given over it. All may be left out; with the section there,
 * the number of replicas follows the load. `replicas` is then where it begins.
 */
export const ScalingSettings = z
  .strictObject({
    /** Fewest replicas. 0 lets the version sleep after `idleMs`, until a request comes. Default 1. */
    min: z.int().min(0).max(1000).optional(),
    /** Most replicas. Default 10, or `min` when that is more. */
    max: z.int().min(1).max(1000).optional(),
    /** Requests, queued and executing, that one replica should have. Default: half of batching.maxBatchSize, unless targetQps is set. */
    targetConcurrency: z.number().positive().max(1_000_000).optional(),
    /** Requests a second that one replica should have. Default: not looked at. */
    targetQps: z.number().positive().max(10_000_000).optional(),
    /** The load is averaged over this time, in milliseconds. Default 60,000; 6,000 on a platform in fast mode. */
    stableWindowMs: z.int().min(1_000).max(3_600_000).optional(),
    /** Time without a request after which a version with `min` 0 sleeps, in milliseconds. Default 1,800,000; a tenth in fast mode. */
    idleMs: z.int().min(1_000).max(604_800_000).optional(),
    /** Failed starts of replicas that are not ready, from which on no more replicas are added. Default 3. */
    startBudget: z.int().min(1).max(100).optional(),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    message: 'min is more than max: use a min of at most max',
    path: ['min'],
  })
  .refine(({ min, idleMs }) => idleMs === undefined || min === 0, {
    message: 'idleMs is for versions that may sleep: set min to 0 with it',
    path: ['idleMs'],
  });
export type ScalingSettings = z.infer<typeof ScalingSettings>;

/** How the number of replicas of a version is decided now. */
export const ScalingView = z.object({
  /** `auto`: by the load; `manual`: by hand, until it is given back with `slipway scale <task> --auto`. */
  mode: z.enum(['auto', 'manual']),
  min: z.int(),
  max: z.int(),
  targetConcurrency: z.number().nullable(),
  targetQps: z.number().nullable(),
  stableWindowMs: z.number(),
  panicWindowMs: z.number(),
  /** Null where it never sleeps. */
  idleMs: z.number().nullable(),
  startBudget: z.int(),
});
export type ScalingView = z.infer<typeof ScalingView>;

/** What one gateway counted of one version since the gateway began. All but `inFlight` only rise. */
export const Demand = z.object({
  /** The life of a gateway: another name means that the counts began anew. */
  gateway: z.string(),
  /** When it was read, in milliseconds of the gateway's own clock, which never goes back. */
  atMs: z.number(),
  /** Requests queued and executing now. */
  inFlight: z.int(),
  /** The integral of `inFlight` over time, in requests × milliseconds: its rise over a time gives the mean of that time. */
  inFlightMs: z.number(),
  /** Requests accepted so far. */
  arrivals: z.number(),
});
export type Demand = z.infer<typeof Demand>;

/** What asked for another number of replicas. */
export const ScalingCause = z.discriminatedUnion('kind', [
  /** There were more than the most, or fewer than the fewest. */
  z.object({ kind: z.literal('max'), max: z.int() }),
  z.object({ kind: z.literal('min'), min: z.int() }),
  /** None was there, and requests waited. */
  z.object({ kind: z.literal('waiting'), requests: z.int() }),
  /** Means over `windowMs`; the target is for one replica. */
  z.object({ kind: z.literal('concurrency'), inFlight: z.number(), target: z.number(), windowMs: z.number() }),
  z.object({ kind: z.literal('qps'), qps: z.number(), target: z.number(), windowMs: z.number() }),
  /** No request came for so long. */
  z.object({ kind: z.literal('idle'), idleMs: z.number() }),
  /** No gateway tells of its load. */
  z.object({ kind: z.literal('no-data') }),
  /** Somebody set it; `wasAuto`: the load decided before, and does no longer. */
  z.object({ kind: z.literal('hand'), wasAuto: z.boolean() }),
]);
export type ScalingCause = z.infer<typeof ScalingCause>;

/** What kept the number from what was asked for. */
export const ScalingHold = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('max'), max: z.int() }),
  /** `short`: what the nodes lack, in the platform's words. */
  z.object({ kind: z.literal('room'), short: z.string().optional() }),
  /** Starts failed too often; `last`: why the last one did, in the platform's words. */
  z.object({ kind: z.literal('start-budget'), failed: z.int(), last: z.string().optional() }),
  z.object({ kind: z.literal('rollout') }),
  z.object({ kind: z.literal('paused') }),
]);
export type ScalingHold = z.infer<typeof ScalingHold>;

/** Why a number of replicas was decided, in parts: a sentence of any language is made from them. */
export const ScalingWhy = z.object({
  cause: ScalingCause,
  /** What the load asks for, and what keeps it from that; absent where it gets it. */
  held: z.object({ asked: z.int(), by: ScalingHold }).optional(),
});
export type ScalingWhy = z.infer<typeof ScalingWhy>;
