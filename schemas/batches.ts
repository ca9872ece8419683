// Captured batches: what a replica executed together, kept so that it can be looked at and executed again.
import { z } from 'zod';
import { Reason } from './errors.ts';
import { BatchHead } from './frames.ts';
import { BundleDigest, ReplicaId, TaskName, Timestamp, VersionId } from './ids.ts';
import { Manifest } from './manifest.ts';

/** The key of its version and a number: `mnist-v2-5f3a91c0-b153`. */
export const BatchId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,80}-b[0-9]{1,12}$/)
  .brand<'BatchId'>();
export type BatchId = z.infer<typeof BatchId>;

export const BatchSummary = z.object({
  id: BatchId,
  task: TaskName,
  version: VersionId,
  replica: ReplicaId,
  /** When its results, or the news of its loss, came. */
  at: Timestamp,
  items: z.int(),
  /** Of all requests and results. */
  bytes: z.int(),
  /** Milliseconds inside execute, all attempts together; null when the replica was lost. */
  executeMs: z.number().nullable(),
  /** From sending it to its results. */
  roundTripMs: z.number(),
  /** Longest time that one of its requests had waited before. */
  waitedMs: z.number(),
  /** Requests that got 500 or more. */
  failed: z.int(),
  /** Why they failed, the first one; or why the replica was lost. */
  reason: Reason.optional(),
  /** Ids of its requests, in order. */
  requests: z.array(z.string()),
});
export type BatchSummary = z.infer<typeof BatchSummary>;

/** One request or result; the body in base64. */
const Message = { headers: z.array(z.tuple([z.string(), z.string()])), body: z.base64() };

export const BatchItem = z.object({ request: z.string(), ...Message });
export type BatchItem = z.infer<typeof BatchItem>;
export const BatchResult = z.object({ status: z.int(), contentType: z.string(), ...Message });
export type BatchResult = z.infer<typeof BatchResult>;

/** A whole batch. With the manifest and the folder of its bundle it can be executed anywhere (`python -m slipway.rerun`). */
export const CapturedBatch = BatchSummary.extend({
  head: BatchHead,
  bundle: BundleDigest,
  manifest: Manifest,
  contents: z.array(BatchItem),
  /** In the order of the items; absent when the replica was lost. */
  results: z.array(BatchResult).optional(),
});
export type CapturedBatch = z.infer<typeof CapturedBatch>;

export const BatchQuery = z.object({
  task: TaskName.optional(),
  /** Default: the newest ones. */
  order: z.enum(['newest', 'slowest', 'failed']).optional(),
  /** Only batches that held this request. */
  request: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
});
export type BatchQuery = z.infer<typeof BatchQuery>;
export const BatchList = z.object({ batches: z.array(BatchSummary) });

/** The form of the files that `python -m slipway.rerun` reads. */
export const RerunFile = CapturedBatch.extend({ bundle: z.string() });
export type RerunFile = z.infer<typeof RerunFile>;

/** One item whose result is another one now. */
export const ItemDifference = z.object({
  index: z.int(),
  request: z.string(),
  before: BatchResult,
  after: BatchResult,
});
export type ItemDifference = z.infer<typeof ItemDifference>;

export const RerunAnswer = z.object({
  batch: BatchId,
  replica: ReplicaId,
  executeMs: z.number(),
  /** Whether all results are byte for byte what they were. */
  same: z.boolean(),
  different: z.array(ItemDifference),
  reason: Reason.optional(),
});
export type RerunAnswer = z.infer<typeof RerunAnswer>;
