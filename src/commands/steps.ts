// A wizard of several steps: "step n of m", a way back, and validation while typing. Each step is a function that asks one
// thing and answers with the value, or with where to go.
import { l10n, QuickInputButtons, window, type QuickPickItem } from 'vscode';
import type { z } from 'zod';

const back = Symbol('back');
export type Answered<T> = T | typeof back | undefined;

/** What a step was told, should the user come back to it. */
interface Draft {
  readonly question: string;
  /** What was suggested then: a suggestion that was left alone gives way to a new one. */
  readonly suggested: string;
  readonly told: string;
}

export interface StepFrame {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
  /** By step; lives as long as the wizard. */
  readonly drafts: Map<number, Draft>;
}

export interface Pick<T> extends QuickPickItem {
  readonly value: T;
}

/** One question with a list; what was picked before is in focus. */
export function askPick<T>(frame: StepFrame, placeholder: string, items: readonly Pick<T>[]): Promise<Answered<T>> {
  const input = window.createQuickPick<Pick<T>>();
  Object.assign(input, placeOf(frame), { placeholder, items, ignoreFocusOut: true, matchOnDescription: true });
  input.buttons = frame.step > 1 ? [QuickInputButtons.Back] : [];
  const before = items.find(({ label }) => label === draftOf(frame, placeholder, '')?.told);
  if (before !== undefined) input.activeItems = [before];
  return new Promise((resolve) => {
    input.onDidTriggerButton(() => resolve(back));
    input.onDidAccept(() => {
      const chosen = input.selectedItems[0];
      if (chosen === undefined) return;
      frame.drafts.set(frame.step, { question: placeholder, suggested: '', told: chosen.label });
      resolve(chosen.value);
    });
    input.onDidHide(() => resolve(undefined));
    input.show();
  }).finally(() => input.dispose()) as Promise<Answered<T>>;
}

export interface TextQuestion {
  readonly prompt: string;
  /** What is suggested. */
  readonly value: string;
  readonly placeholder?: string;
  readonly password?: boolean;
  /** @returns what is wrong with it */
  readonly validate: (value: string) => Promise<string | undefined> | string | undefined;
}

/** One question with a line of text; what was typed before is there again. */
export function askText(frame: StepFrame, question: TextQuestion): Promise<Answered<string>> {
  const { prompt, value, placeholder, password = false, validate } = question;
  const input = window.createInputBox();
  Object.assign(input, placeOf(frame), {
    prompt,
    value: draftOf(frame, prompt, value)?.told ?? value,
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
  const keep = (told: string): unknown => frame.drafts.set(frame.step, { question: prompt, suggested: value, told });
  return new Promise<Answered<string>>((resolve) => {
    input.onDidTriggerButton(() => {
      keep(input.value);
      resolve(back);
    });
    input.onDidChangeValue(() => void check());
    input.onDidAccept(() => {
      const accepted = input.value;
      void check().then((good) => {
        if (!good) return;
        keep(accepted);
        resolve(accepted);
      });
    });
    input.onDidHide(() => resolve(undefined));
    input.show();
    // A suggestion may be taken already.
    if (input.value !== '') void check();
  }).finally(() => input.dispose());
}

const placeOf = ({ title, step, totalSteps }: StepFrame): Omit<StepFrame, 'drafts'> => ({ title, step, totalSteps });

/** What this very question was told, other than what was suggested. */
function draftOf({ drafts, step }: StepFrame, question: string, suggested: string): Draft | undefined {
  const draft = drafts.get(step);
  if (draft?.question !== question) return undefined;
  return draft.told === draft.suggested && draft.suggested !== suggested ? undefined : draft;
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
  const drafts = new Map<number, Draft>();
  let at = 0;
  while (at < steps.length) {
    const answer = await steps[at]!({ title, step: at + 1, totalSteps: steps.length, drafts }, state);
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
