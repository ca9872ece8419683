// How errors leave the command line: what happened, what to do next, and an exit code that says whose problem it is.
import { errorTable, type Reason } from '../../schemas/errors.ts';
import { toSlipwayError, unreachable, type SlipwayError } from '../common/errors.ts';
import type { Paint } from './paint.ts';

export const exitCode = { done: 0, user: 1, usage: 2, platform: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

export function exitCodeOf(error: SlipwayError): ExitCode {
  const { blame } = errorTable[error.code];
  switch (blame) {
    case 'user':
      return exitCode.user;
    case 'usage':
      return exitCode.usage;
    case 'platform':
      return exitCode.platform;
    default:
      return unreachable(blame);
  }
}

/** `error: message`, the user's own traceback if there is one, and what to do. Our own stack only when `verbose`. */
export function describeFailure(error: unknown, detail: 'plain' | 'verbose', paint: Paint): string[] {
  const failure = toSlipwayError(error);
  const lines = [`${paint('error:', 'bad')} ${failure.message}`, ...describeTraceback(failure.traceback)];
  if (failure.hint !== '') lines.push(`  ${failure.hint}`);
  for (const { setting, value, meaning } of failure.choices) lines.push(`  --${setting} ${value}: ${meaning}`);
  if (detail === 'verbose') lines.push(...stackOf(error));
  return lines;
}

/** A reason of a state, as an error is shown. */
export function describeReason(reason: Reason, paint: Paint): string[] {
  return [
    `${paint(reason.code, 'bad')}: ${reason.message}`,
    ...describeTraceback(reason.traceback),
    ...(reason.hint === undefined ? [] : [`  ${reason.hint}`]),
  ];
}

function describeTraceback(traceback: string | undefined): string[] {
  if (traceback === undefined) return [];
  return traceback
    .trimEnd()
    .split('\n')
    .map((line) => `  | ${line}`);
}

function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let one = error; one instanceof Error; one = one.cause) lines.push(...(one.stack ?? one.message).split('\n'));
  return lines;
}
