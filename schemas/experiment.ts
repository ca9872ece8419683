// Experiments: what users of answers report of them, and what follows for the versions side by side.
import { z } from 'zod';
import { TaskName, VersionId, VersionKey, VersionName } from './ids.ts';

/** The outcome of one request, as `POST /<task>/feedback` takes it: one, or a list of at most 1,000. */
export const Feedback = z.strictObject({
  /** `x-slipway-request` of the answer. A second feedback of the same request does not count. */
  request: z.string().regex(/^[\w.:-]{1,64}$/, 'give the x-slipway-request of the answer'),
  /** `x-slipway-version` of the answer. */
  version: z.union([VersionId, VersionName], 'give the x-slipway-version of the answer'),
  /** How good the answer was, within the range of `feedback` in slipway.json; 0 to 1 by default. More is better. */
  outcome: z.number(),
});
export type Feedback = z.infer<typeof Feedback>;
export const FeedbackBody = z.union([Feedback.transform((one) => [one]), z.array(Feedback).min(1).max(1_000)]);

/** The section `feedback` of slipway.json: between what outcomes lie. */
export const OutcomeRange = z
  .strictObject({
    /** The least that an outcome can be. */
    min: z.number().default(0),
    /** The most that an outcome can be. */
    max: z.number().default(1),
  })
  .refine(({ min, max }) => min < max, { message: 'min must be less than max', path: ['min'] });
export type OutcomeRange = z.infer<typeof OutcomeRange>;

const Sums = z.strictObject({
  count: z.int().nonnegative(),
  sum: z.number(),
  squares: z.number().nonnegative(),
  residual: z.number().nonnegative(),
});
const Waiting = z.array(z.number()).max(1_000);

/** What is kept of an experiment over restarts: sums, in units of the range. */
export const ExperimentState = z.strictObject({
  task: TaskName,
  uid: z.string().regex(/^[0-9a-f]{8}$/),
  range: z.strictObject({ min: z.number(), max: z.number() }),
  baseline: VersionId.nullable(),
  arms: z.record(VersionId, Sums),
  /** By challenger. */
  pairings: z.record(
    VersionId,
    z.strictObject({
      size: z.strictObject({ baseline: z.int().positive(), challenger: z.int().positive() }),
      sums: Sums,
      waiting: z.strictObject({ baseline: Waiting, challenger: Waiting }),
    }),
  ),
  duplicates: z.int().nonnegative(),
});
export type ExperimentState = z.infer<typeof ExperimentState>;

const Interval = z.object({ low: z.number(), high: z.number() });

export const ExperimentView = z.object({
  task: TaskName,
  /** Probability of a false alarm, however often one looks. */
  alpha: z.number(),
  range: z.object({ min: z.number(), max: z.number() }),
  /** What the others are compared with; null while only one version has traffic. */
  baseline: VersionId.nullable(),
  versions: z.array(
    z.object({
      version: VersionId,
      name: VersionName.optional(),
      key: VersionKey,
      weight: z.int().nonnegative(),
      outcomes: z.int(),
      mean: z.number().nullable(),
      /** Holds at any time of looking. */
      interval: Interval.nullable(),
    }),
  ),
  comparisons: z.array(
    z.object({
      version: VersionId,
      /** Mean of the version minus that of the baseline. */
      difference: z.number(),
      interval: Interval,
      /** That the version's mean is the higher one, by the outcomes alone; no measure to stop by. */
      probabilityBetter: z.number(),
      /** Differences that the interval is made of. */
      pairs: z.int(),
      /** The difference that is to be seen, and how many more outcomes of both that takes; null when it is decided. */
      wished: z.number().nullable(),
      outcomesNeeded: z.int().nullable(),
      verdict: z.enum(['better', 'worse', 'undecided']),
    }),
  ),
  /** The version that is better than the baseline, or the baseline when it is better than all others. */
  winner: VersionId.nullable(),
  /** One sentence. */
  summary: z.string(),
  /** Feedback of requests that had one already. */
  duplicates: z.int(),
});
export type ExperimentView = z.infer<typeof ExperimentView>;

export const ExperimentQuery = z.object({ difference: z.coerce.number().positive().optional() });

/** `keep` leaves the traffic as it is. Without `winner`, the one that the outcomes show. */
export const StopExperiment = z
  .strictObject({ winner: z.union([VersionId, VersionName]).optional(), keep: z.boolean().optional() })
  .refine(({ winner, keep }) => winner === undefined || keep !== true, 'give winner or keep, not both');
export const ExperimentEnd = z.object({
  task: TaskName,
  winner: VersionId.nullable(),
  /** Whether all traffic goes to the winner now. */
  moved: z.boolean(),
  experiment: ExperimentView,
});
export type ExperimentEnd = z.infer<typeof ExperimentEnd>;
