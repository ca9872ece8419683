// Errors and reasons in the words of the editor. Its own are written in them; those of a platform have a code, whose sentence
// is said first where the editor is not in English.
import { l10n } from 'vscode';
import { SlipwayError, toSlipwayError } from '../emulator/client/edge.ts';
import type { Reason } from '../schemas/errors.ts';
import { asSentence, hintText, reasonText } from '../schemas/reason-text.ts';

/** An error whose message and hint are in the language of the editor already. */
export class EditorError extends SlipwayError {}

export interface Told {
  readonly message: string;
  readonly hint: string;
}

export function toldOf(error: unknown): Told {
  const failure = toSlipwayError(error);
  if (failure instanceof EditorError) return failure;
  return { message: reasonText(failure, l10n), hint: hintText(failure, l10n) };
}

/** What is wrong and what to do, in one text. */
export function problemText(error: unknown): string {
  const { message, hint } = toldOf(error);
  const [first = '', ...more] = message.split('\n');
  return `${more.length > 0 ? `${first} …` : asSentence(first)} ${hint}`;
}

/** One line of why something is as it is. */
export function whyText(reason: Reason): string {
  return reasonText(reason, l10n).split('\n', 1)[0]!;
}
