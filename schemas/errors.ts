// The one table of error codes. Every error that leaves a process has its code from here.
import { z } from 'zod';
import { bundleErrors } from './errors/bundles.ts';
import { commandErrors } from './errors/commands.ts';
import { containerErrors } from './errors/containers.ts';
import { modelErrors } from './errors/models.ts';
import { platformErrors } from './errors/platforms.ts';
import { rehearsalErrors } from './errors/rehearsals.ts';
import { remoteErrors } from './errors/remotes.ts';
import { replicaErrors } from './errors/replicas.ts';
import { requestErrors } from './errors/requests.ts';
import type { ErrorRow } from './errors/row.ts';

export type { Blame, ErrorRow } from './errors/row.ts';

export const errorTable = {
  ...requestErrors,
  ...commandErrors,
  ...remoteErrors,
  ...rehearsalErrors,
  ...bundleErrors,
  ...containerErrors,
  ...replicaErrors,
  ...modelErrors,
  ...platformErrors,
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]];
export const ErrorCode = z.enum(errorCodes);

/** One way out, where the user has to choose: a value of a setting of what was asked for. */
export const Choice = z.object({
  /** Name of the field in the request's body; on the command line it is an option of this name. */
  setting: z.string(),
  value: z.string(),
  /** What it does, in a few words. */
  meaning: z.string(),
});
export type Choice = z.infer<typeof Choice>;

/** Why something is as it is: the body of every error answer, and the reason of a state. */
export const Reason = z.object({
  code: ErrorCode,
  message: z.string(),
  hint: z.string().optional(),
  /** The user's own Python traceback, outermost call first. */
  traceback: z.string().optional(),
  /** Asked for again with one of these, it goes on. */
  choices: z.array(Choice).optional(),
});
export type Reason = z.infer<typeof Reason>;

/** The JSON body of an answer with a status of 400 or more. */
export const ErrorBody = z.object({ error: Reason, requestId: z.string().optional() });
export type ErrorBody = z.infer<typeof ErrorBody>;

/** The same for clients of the Open Inference Protocol v2, which says that `error` is a text. */
export const ProtocolErrorBody = z.object({
  error: z.string(),
  code: ErrorCode,
  traceback: z.string().optional(),
  requestId: z.string().optional(),
});
export type ProtocolErrorBody = z.infer<typeof ProtocolErrorBody>;
