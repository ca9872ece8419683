// How the traffic of a task is divided among its versions, as it is asked for and as it is shown.
import { z } from 'zod';
import { VersionId, VersionRef } from './ids.ts';

/** A share of the traffic; only its ratio to the others counts. */
export const Weight = z.int().min(0).max(10_000);

/** Most versions in one split. */
export const maxSplitVersions = 10;

/** RFC 9110's token: what names of headers and cookies are made of. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** What of a request decides that it always goes to the same version; requests without it are divided by weight. */
export const StickyKey = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('header'),
    name: z.string().regex(token, 'expected the name of a header').toLowerCase(),
  }),
  z.strictObject({ by: z.literal('cookie'), name: z.string().regex(token, 'expected the name of a cookie') }),
  z.strictObject({ by: z.literal('query'), name: z.string().min(1).max(128) }),
]);
export type StickyKey = z.infer<typeof StickyKey>;

/** Whole percentage of requests of which a copy is sent. */
export const MirrorPercent = z.int().min(1).max(100);

export const SetSplit = z.strictObject({
  weights: z
    .record(VersionRef, Weight)
    .refine((weights) => Object.keys(weights).length <= maxSplitVersions, `at most ${maxSplitVersions} versions`),
  sticky: StickyKey.optional(),
  /** A copy of this share of the requests goes to `version`; its answers are compared and dropped. */
  mirror: z.strictObject({ version: VersionRef, percent: MirrorPercent }).optional(),
});
export type SetSplit = z.infer<typeof SetSplit>;

/** The split that is wanted; `weight` of a version view is what it has now. */
export const SplitView = z.object({
  weights: z.record(VersionId, Weight),
  sticky: StickyKey.optional(),
  mirror: z.object({ version: VersionId, percent: MirrorPercent }).optional(),
});
export type SplitView = z.infer<typeof SplitView>;

/** What became of the copies that a version was sent. */
export const MirrorCounts = z.object({
  /** Same status and same answer as the original's. */
  matched: z.int(),
  mismatched: z.int(),
  /** Not compared: the original was not answered, or one of the two answers was too large to keep. */
  skipped: z.int(),
  /** Copies that were not sent or not answered, because the version had no time for them. */
  dropped: z.int(),
});
export type MirrorCounts = z.infer<typeof MirrorCounts>;
