// What a check of a service folder found, as `slipway check --json` tells it: the place, and where one is certainly meant, the end.
import { z } from 'zod';
import { ErrorCode } from './errors.ts';

/** One replacement in a text file. It counts only where the file still has `old` at that place. */
export const TextEdit = z.object({
  /** Relative to the folder, with `/`. */
  file: z.string(),
  /** From 1; columns in UTF-16 units. */
  line: z.int(),
  column: z.int(),
  /** What stands there, within one line; empty where something is put in. */
  old: z.string(),
  text: z.string(),
});
export type TextEdit = z.infer<typeof TextEdit>;

export const Fix = z.discriminatedUnion('kind', [
  /** `slipway env lock` makes the lock anew. */
  z.object({ kind: z.literal('lock') }),
  /** Another range of versions of Python, or another requirement. */
  z.object({ kind: z.enum(['python', 'requirement']), value: z.string(), edit: TextEdit }),
]);
export type Fix = z.infer<typeof Fix>;

export const Finding = z.object({
  /** An error keeps the service from being deployed; a warning does not. */
  severity: z.enum(['error', 'warning']),
  code: ErrorCode,
  message: z.string(),
  hint: z.string(),
  /** Relative to the folder, with `/`. */
  file: z.string(),
  /** From 1. */
  line: z.int().optional(),
  column: z.int().optional(),
  /** Where the service was compared with a place to run: its name. */
  target: z.string().optional(),
  fix: Fix.optional(),
});
export type Finding = z.infer<typeof Finding>;
