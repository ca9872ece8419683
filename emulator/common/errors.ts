// Every error that leaves a process is a SlipwayError: a code of the table in schemas/errors.ts, and what to do.
import { errorTable, type Choice, type ErrorCode, type Reason } from '../../schemas/errors.ts';

export interface ErrorDetail {
  readonly hint?: string;
  /** The user's own Python traceback. */
  readonly traceback?: string;
  /** What there is to choose from. */
  readonly choices?: readonly Choice[];
  readonly cause?: unknown;
}

export class SlipwayError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly traceback: string | undefined;
  readonly choices: readonly Choice[];

  /** @param message what was expected and what was found, in one sentence. */
  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = 'SlipwayError';
    this.code = code;
    this.hint = detail.hint ?? errorTable[code].hint;
    this.traceback = detail.traceback;
    this.choices = detail.choices ?? [];
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  toReason(): Reason {
    return {
      code: this.code,
      message: this.message,
      hint: this.hint,
      ...(this.traceback === undefined ? {} : { traceback: this.traceback }),
      ...(this.choices.length === 0 ? {} : { choices: [...this.choices] }),
    };
  }
}

/** The same error when it is ours already; else the system's own codes translated, or `internal`. */
export function toSlipwayError(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  // By its name: in a DOMException the code is a number.
  if (error instanceof Error && error.name === 'AbortError') {
    return new SlipwayError('cancelled', 'Cancelled.', { cause: error });
  }
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new SlipwayError('disk_full', message, { cause: error });
    case 'EMFILE':
    case 'ENFILE':
      return new SlipwayError('too_many_files', message, { cause: error });
    case 'EROFS':
      return new SlipwayError('home_unwritable', message, { cause: error });
    default:
      return new SlipwayError('internal', message, { cause: error });
  }
}

/** A reason in the schema's form, as an error again. */
export function fromReason(reason: Reason): SlipwayError {
  return new SlipwayError(reason.code, reason.message, {
    ...(reason.hint === undefined ? {} : { hint: reason.hint }),
    ...(reason.traceback === undefined ? {} : { traceback: reason.traceback }),
    ...(reason.choices === undefined ? {} : { choices: reason.choices }),
  });
}

/** For exhaustive switches: the compiler refuses a call with a case left over. */
export function unreachable(value: never): never {
  throw new SlipwayError('internal', `unexpected value ${JSON.stringify(value)}`);
}
