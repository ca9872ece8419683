// How the outcome of a command is told: a notification for what the user asked, the whole of an error in the output.
import { l10n, ProgressLocation, window, type LogOutputChannel } from 'vscode';
import { toSlipwayError } from '../../emulator/client/edge.ts';
import { EditorError, problemText } from '../told.ts';

/** Shows an error with what to do. What the user cancelled is no error. */
export async function showError(error: unknown, output: LogOutputChannel): Promise<void> {
  const failure = toSlipwayError(error);
  if (failure.code === 'cancelled') return;
  output.error(`${failure.code}: ${failure.message}\n${failure.hint}`);
  if (failure.traceback !== undefined) output.error(failure.traceback);
  if (failure.code === 'internal') output.error(failure.stack ?? '');
  const details = l10n.t('Show Details');
  const chosen = await window.showErrorMessage(problemText(failure), details);
  if (chosen === details) output.show(true);
}

/**
 * Tells an outcome, with a thing to do next. Whoever gave the command does not wait for an answer: there may be none.
 * @param next told like an error of a command when it fails
 */
export function offer(output: LogOutputChannel, text: string, action: string, next: () => unknown): void {
  const answered = async (): Promise<void> => {
    if ((await window.showInformationMessage(text, action)) === action) await next();
  };
  answered().catch((error: unknown) => showError(error, output));
}

/** Runs long work with a notification that shows its steps and can cancel it. */
export function withSteps<T>(
  title: string,
  work: (step: (text: string) => void, signal: AbortSignal) => Promise<T>,
): Thenable<T> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      // A step of the command line is said in the words of the editor where it is a text of ours.
      return work((message) => progress.report({ message: l10n.t(message) }), abort.signal);
    },
  );
}

/** A refusal of a command that cannot be used now, for when it was called all the same. */
export function refuse(message: string, hint: string): never {
  throw new EditorError('state_conflict', message, { hint });
}
