// One thing that a check of a service folder found.
import { errorTable, type ErrorCode } from '../../schemas/errors.ts';

export interface Finding {
  /** An error keeps the service from being deployed; a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  /** Relative to the folder, with `/`. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  readonly column?: number;
}

/** An error, with the hint of the table, unless `more` says otherwise. */
export function finding(
  code: ErrorCode,
  message: string,
  file: string,
  more: Partial<Pick<Finding, 'line' | 'column' | 'hint' | 'severity'>> = {},
): Finding {
  return { severity: 'error', code, message, hint: errorTable[code].hint, file, ...more };
}
