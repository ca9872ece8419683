// What a service will find where it is to run: a base image described in a file, or a platform that tells of itself.
import { z } from 'zod';
import { ReportFailure } from './report-failure.ts';

export const Target = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(128),
  /** Versions of Python there are, `3.11` or `3.11.2`. */
  python: z.array(z.string().regex(/^3\.[0-9]+(\.[0-9]+)?$/, 'write it like "3.11" or "3.11.2"')).min(1),
  /** As Python names it: linux, darwin, win32. */
  system: z.string().default('linux'),
  /** As Python names it: x86_64, aarch64. */
  machine: z.string().default('x86_64'),
  /** Version of CUDA that the driver there supports; null where there is no GPU. */
  cuda: z.string().nullable().default(null),
  /** Python packages that are there already, by name. */
  packages: z.record(z.string(), z.string()).default({}),
  /** Debian packages that are there already. */
  apt: z.array(z.string()).default([]),
  /** Whether the requirements of a service are installed there; false: it has to do with what is there. */
  installs: z.boolean().default(true),
  /** The same of Debian packages. Default: as `installs`. */
  installsApt: z.boolean().optional(),
});
export type Target = z.infer<typeof Target>;

/** What `python -m slipway.models PATH…` prints: model files by their content. */
export const Artifacts = z.object({
  artifacts: z.array(
    z.object({
      path: z.string(),
      format: z.string(),
      words: z.string(),
      versions: z.record(z.string(), z.string()),
      framework: z.string().optional(),
      runsCode: z.string().optional(),
      problem: z.string().optional(),
    }),
  ),
});
export type Artifact = z.infer<typeof Artifacts>['artifacts'][number];

/** `slipway.lock`: what an environment of the service's requirements had, so that it can be compared with elsewhere. */
export const Lock = z.strictObject({
  format: z.literal(1),
  python: z.string(),
  system: z.string(),
  machine: z.string(),
  requirements: z.array(z.string()),
  /** Normalised name to version. */
  packages: z.record(z.string(), z.string()),
  /** Normalised name to the digests of its archives, where the installer told those of all packages. */
  hashes: z.record(z.string(), z.array(z.string().regex(/^sha256:[0-9a-f]{64}$/))).optional(),
});
export type Lock = z.infer<typeof Lock>;

/** What `python -m slipway.contract FOLDER` prints. */
export const ContractReport = z.union([
  z.object({
    broken: z.array(
      z.object({
        property: z.string(),
        message: z.string(),
        /** Names of samples: the smallest batch that shows it. */
        batch: z.array(z.string()),
        traceback: z.string().optional(),
      }),
    ),
  }),
  ReportFailure,
]);
