// A rehearsal: load and faults with a seed, and what must hold. The same file runs locally, in CI and on a cluster.
import { z } from 'zod';
import { NodeFault, ReplicaFault } from './faults.ts';

import { NodeName, VersionRef } from './ids.ts';

const ms = z.int().min(0).max(86_400_000);

/** Requests whose times are given, whatever the answers do (open loop), or one after the other (closed loop). */
export const LoadPhase = z.union([
  z.strictObject({
    /** Requests a second. */
    rate: z.number().positive().max(100_000),
    arrivals: z.enum(['constant', 'poisson']).default('constant'),
    forMs: ms.min(1),
  }),
  z.strictObject({
    /** So many clients, each with one request at a time. */
    clients: z.int().min(1).max(10_000),
    forMs: ms.min(1),
  }),
  z.strictObject({
    /** Milliseconds at which requests were sent, as a recorded trace: a list, or a file with one a line. */
    trace: z.union([z.array(z.number().min(0)).max(1_000_000), z.string().min(1)]),
  }),
  z.strictObject({ pauseMs: ms.min(1) }),
]);
export type LoadPhase = z.infer<typeof LoadPhase>;

export const Payload = z.discriminatedUnion('kind', [
  /** A text of its own for each request, for services that echo. */
  z.strictObject({ kind: z.literal('unique'), bytes: z.int().min(16).max(1_048_576).default(64) }),
  /** Files, or the samples of the service in turn. */
  z.strictObject({ kind: z.literal('files'), paths: z.array(z.string().min(1)).min(1).max(1000) }),
  z.strictObject({ kind: z.literal('json'), value: z.unknown() }),
]);
export type Payload = z.infer<typeof Payload>;

/** Whom a fault befalls. Where several fit, the seed chooses. */
export const FaultTarget = z.union([
  z.strictObject({ replica: z.literal('any'), version: VersionRef.optional() }),
  z.strictObject({ node: z.union([z.literal('any'), NodeName]) }),
]);
export type FaultTarget = z.infer<typeof FaultTarget>;

const when = {
  atMs: ms,
  /** Later than atMs by up to this, as the seed says. */
  jitterMs: ms.default(0),
  repeat: z.strictObject({ times: z.int().min(1).max(1000), everyMs: ms.min(1) }).optional(),
};

export const Step = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('fault'), ...when, on: FaultTarget, fault: z.union([ReplicaFault, NodeFault]) }),
  /** So many requests at once, on top of the load. */
  z.strictObject({ do: z.literal('fillQueue'), ...when, requests: z.int().min(1).max(100_000) }),
  /** The wall clock of the platform jumps; its steady clock does not. */
  z.strictObject({ do: z.literal('clockJump'), ...when, ms: z.int().min(-86_400_000).max(86_400_000) }),
  /** Rolls the active version's bundle out again as a new version. */
  z.strictObject({ do: z.literal('update'), ...when }),
  z.strictObject({ do: z.literal('rollback'), ...when }),
  z.strictObject({ do: z.literal('scale'), ...when, replicas: z.int().min(0).max(1000) }),
]);
export type Step = z.infer<typeof Step>;

/** Figures of a run; each assertion is an upper limit of one of them. */
export const Figures = z.object({
  requests: z.int(),
  answered: z.int(),
  /** No answer, or one of 500 or more that does not say "not executed". */
  lost: z.int(),
  /** Answered twice, or with an answer that is another request's. */
  duplicated: z.int(),
  /** Answered by a version that could not have. */
  wrongVersion: z.int(),
  /** Answers that do not echo their request. */
  wrongPayload: z.int(),
  /** 429 and 503: not executed. */
  refused: z.int(),
  /** Share of requests that were lost or refused. */
  errorShare: z.number(),
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  /** From a fault until as many replicas as are wanted were ready again, the longest. */
  recoveryMs: z.number().nullable(),
  /** Executions beyond the first, where the service counts them in its answer. */
  executedAgain: z.int(),
});
export type Figures = z.infer<typeof Figures>;

export const Assertions = z.strictObject({
  lost: z.int().min(0).default(0),
  duplicated: z.int().min(0).default(0),
  wrongVersion: z.int().min(0).default(0),
  wrongPayload: z.int().min(0).default(0),
  refused: z.int().min(0).optional(),
  errorShare: z.number().min(0).max(1).optional(),
  p50Ms: z.number().positive().optional(),
  p99Ms: z.number().positive().optional(),
  recoveryMs: z.number().positive().optional(),
  executedAgain: z.int().min(0).optional(),
  /** Fewest answers that make the others mean anything. */
  answered: z.int().min(0).default(1),
  /** Share of the answers by version, within so much. */
  shares: z
    .strictObject({ of: z.record(VersionRef, z.number().min(0).max(1)), within: z.number().min(0).max(1) })
    .optional(),
});
export type Assertions = z.infer<typeof Assertions>;

export const Scenario = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'use a-z, 0-9 and "-"'),
  description: z.string().optional(),
  seed: z.int().min(0).max(4_294_967_295).default(1),
  /** Folder of a service, from the scenario's own: deployed as a task of its own, and deleted after. */
  service: z.string().min(1).optional(),
  /** A task that is there already; the one who runs it may name another one. */
  task: z.string().optional(),
  /** Replicas of `service`. */
  replicas: z.int().min(1).max(100).optional(),
  /** Nodes that must be ready; on a platform with fewer the rehearsal is refused. */
  nodes: z.int().min(1).max(64).default(1),
  load: z.array(LoadPhase).min(1).max(100),
  payload: Payload.prefault({ kind: 'unique' }),
  /** Whether answers must echo their request. */
  answers: z.enum(['echo', 'any']).default('echo'),
  steps: z.array(Step).max(100).default([]),
  /** How long after the load everything may take to be ready again. */
  settleMs: ms.default(30_000),
  assert: Assertions.prefault({}),
});
export type Scenario = z.infer<typeof Scenario>;

export const AssertionOutcome = z.object({
  name: z.string(),
  wanted: z.string(),
  found: z.string(),
  holds: z.boolean(),
});
export type AssertionOutcome = z.infer<typeof AssertionOutcome>;

export const InjectedStep = z.object({ atMs: z.number(), what: z.string(), on: z.string(), outcome: z.string() });
export type InjectedStep = z.infer<typeof InjectedStep>;

export const RehearsalReport = z.object({
  scenario: z.string(),
  seed: z.int(),
  task: z.string(),
  durationMs: z.number(),
  holds: z.boolean(),
  assertions: z.array(AssertionOutcome),
  figures: Figures,
  /** Versions that were recorded profiles and not the service itself, and what they are models of; absent when none was. */
  modelled: z.record(z.string(), z.string()).optional(),
  /** Answers by version. */
  versions: z.record(z.string(), z.int()),
  /** Answers by status; `none` are requests without one. */
  statuses: z.record(z.string(), z.int()),
  steps: z.array(InjectedStep),
  /** The first requests that went wrong, in words. */
  examples: z.array(z.string()),
});
export type RehearsalReport = z.infer<typeof RehearsalReport>;
