// A recorded profile: what loading a service and executing batches cost on a device, so that both can be rehearsed where that
// device is not. Whatever runs by it is a model, and is called one wherever it is seen.
import { z } from 'zod';
import { ReportFailure } from './report-failure.ts';

const ms = z.number().min(0).max(86_400_000);
const bytes = z.int().min(0);

export const BatchCost = z.strictObject({
  /** Items of the batch. */
  size: z.int().min(1).max(4096),
  /** Milliseconds that `execute` took: the median of the runs. */
  ms,
  runs: z.int().min(1),
});
export type BatchCost = z.infer<typeof BatchCost>;

export const Profile = z.strictObject({
  /** The JSON Schema of a profile. */
  $schema: z.string().optional(),
  /** The form of this file. */
  profile: z.literal(1),
  /** The service that was measured. */
  service: z.string().min(1).max(64),
  /** What it ran on, as the driver or the system names it. */
  device: z.string().min(1).max(200),
  /** When, in UTC. */
  recordedAt: z.iso.datetime(),
  /** Milliseconds of its imports and load_model. */
  loadMs: ms,
  /** The most memory that its process had. */
  memoryBytes: bytes,
  /** Memory that it had on the GPU; absent where nobody tells. */
  gpuMemoryBytes: bytes.optional(),
  /** All memory of the GPU. */
  gpuTotalBytes: bytes.optional(),
  /** By size, each size once. */
  batches: z
    .array(BatchCost)
    .min(1)
    .max(64)
    .refine((batches) => batches.every(({ size }, index) => index === 0 || size > batches[index - 1]!.size), {
      message: 'list the sizes in rising order, each once',
    }),
});
export type Profile = z.infer<typeof Profile>;

/** What `python -m slipway.profile FOLDER` prints. */
export const ProfileReport = z.union([z.object({ profile: Profile }), ReportFailure]);
