// One thing that a check of a service folder found.
import { errorTable, type ErrorCode } from '../../schemas/errors.ts';
import type { Finding } from '../../schemas/finding.ts';

export type { Finding } from '../../schemas/finding.ts';

/** An error, with the hint of the table, unless `more` says otherwise. */
export function finding(
  code: ErrorCode,
  message: string,
  file: string,
  more: Partial<Pick<Finding, 'line' | 'column' | 'hint' | 'severity'>> = {},
): Finding {
  return { severity: 'error', code, message, hint: errorTable[code].hint, file, ...more };
}
