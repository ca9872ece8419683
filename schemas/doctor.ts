// What `slipway doctor` looked at, as its `--json` tells it, and what people call it.
import { z } from 'zod';

/** What is looked at, in the words of whoever is told. */
export const checkTitles = {
  node: 'Node.js for the platform',
  python: 'Python for services',
  'chosen python': 'The Python that you chose',
  environments: 'Installing packages for services',
  home: 'Folder of Slipway',
  disk: 'Free disk space',
  loopback: 'Connections on this machine',
  'open files': 'Files that may be open at once',
  gpu: 'GPU',
  'gpu in containers': 'GPU in containers',
  'gpu libraries': 'GPU libraries of services',
  platform: 'Local platform',
} as const;
export type CheckName = keyof typeof checkTitles;

export const DoctorCheck = z.object({
  name: z.enum(Object.keys(checkTitles) as [CheckName, ...CheckName[]]),
  state: z.enum(['ok', 'warning', 'failed']),
  found: z.string(),
  /** What to do; absent when all is well. */
  hint: z.string().optional(),
});
export type DoctorCheck = z.infer<typeof DoctorCheck>;

export const Examined = z.object({ ok: z.boolean(), checks: z.array(DoctorCheck) });
