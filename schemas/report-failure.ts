// What the modules of the runtime print that load a service and report of it, when that does not work.
import { z } from 'zod';

export const ReportFailure = z.object({
  failure: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    traceback: z.string().optional(),
  }),
});
export type ReportFailure = z.infer<typeof ReportFailure>;
