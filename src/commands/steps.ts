// A wizard of several steps: "step n of m", a way back, and validation while typing. Each step is a function that asks one
// thing and answers with the value, or with where to go.
import { l10n, QuickInputButtons, window, type QuickPickItem } from 'vscode';
import type { z } from 'zod';

const back = Symbol('back');
export type Answered<T> = T | typeof back | undefined;

export interface StepFrame {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

export interface Pick<T> extends QuickPickItem {
  readonly value: T;
}

/** One question with a list. */
export function askPick<T>(frame: StepFrame, placeholder: string, items: readonly Pick<T>[]): Promise<Answered<T>> {
  const input = window.createQuickPick<Pick<T>>();
  Object.assign(input, frame, { placeholder, items, ignoreFocusOut: true, matchOnDescription: true });
  input.buttons = frame.step > 1 ? [QuickInputButtons.Back] : [];
  return new Promise((resolve) => {
    input.onDidTriggerButton(() => resolve(back));
    input.onDidAccept(() => {
      const chosen = input.selectedItems[0];
      if (chosen !== undefined) resolve(chosen.value);
    });
    input.onDidHide(() => resolve(undefined));
    input.show();
  }).finally(() => input.dispose()) as Promise<Answered<T>>;
}

export interface TextQuestion {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  /** @returns what is wrong with it */
  readonly validate: (value: string) => Promise<string | undefined> | string | undefined;
}

/** One question with a line of text. */
export function askText(frame: StepFrame, question: TextQuestion): Promise<Answered<string>> {
  const { prompt, value, placeholder, password = false, validate } = question;
  const input = window.createInputBox();
  Object.assign(input, frame, {
    prompt,
    value,
    password,
    ignoreFocusOut: true,
    ...(placeholder !== undefined && { placeholder }),
  });
  input.buttons = frame.step > 1 ? [QuickInputButtons.Back] : [];
  const check = async (): Promise<boolean> => {
    const asked = input.value;
    const problem = await validate(asked);
    if (input.value === asked) input.validationMessage = problem ?? '';
    return problem === undefined;
  };
  return new Promise<Answered<string>>((resolve) => {
    input.onDidTriggerButton(() => resolve(back));
    input.onDidChangeValue(() => void check());
    input.onDidAccept(() => {
      const accepted = input.value;
      void check().then((good) => {
        if (good) resolve(accepted);
      });
    });
    input.onDidHide(() => resolve(undefined));
    input.show();
  }).finally(() => input.dispose());
}

/**
 * Asks step after step, and goes back where the user wants to.
 * @param steps each writes what it was told into `state`
 * @returns false when the user gave up
 */
export async function ask<State>(
  title: string,
  state: State,
  steps: readonly ((frame: StepFrame, state: State) => Promise<Answered<unknown>>)[],
): Promise<boolean> {
  let at = 0;
  while (at < steps.length) {
    const answer = await steps[at]!({ title, step: at + 1, totalSteps: steps.length }, state);
    if (answer === undefined) return false;
    at += answer === back ? -1 : 1;
  }
  return true;
}

/** Whether the user went back: then a step keeps what it had. */
export function isAnswer<T>(answer: Answered<T>): answer is T {
  return answer !== undefined && answer !== back;
}

/** What a schema says is wrong, as a sentence in the language of the editor; undefined when nothing is. */
export function issueText(error: z.ZodError | undefined): string | undefined {
  const message = error?.issues[0]?.message;
  if (message === undefined) return undefined;
  const text = l10n.t(message);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
