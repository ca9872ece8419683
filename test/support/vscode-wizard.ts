// The wizards of the editor: a question "n of m" with a way back, and what is in its box.
import type { Locator } from 'playwright-core';
import { actUntil, isShown, tryMs } from './vscode-acts.ts';
import type { EditorWindow } from './vscode-window.ts';

export class Wizard {
  readonly #window: EditorWindow;
  readonly #title: string;

  constructor(window: EditorWindow, title: string) {
    this.#window = window;
    this.#title = title;
  }

  /** The question at this place, such as `2/3`. */
  step(place: string): Locator {
    return this.#window.quickInput.filter({ hasText: `${this.#title} (${place})` });
  }

  /** Until that question is asked. */
  at(place: string): Promise<void> {
    return this.step(place).waitFor();
  }

  get #box(): Locator {
    return this.#window.quickInput.locator('input.input');
  }

  /** What is in the box. */
  typed(): Promise<string> {
    return this.#box.inputValue();
  }

  /** Types, and accepts nothing: until `told` stands below. */
  async type(text: string, told?: string | RegExp): Promise<void> {
    await this.#box.fill(text);
    if (told !== undefined) await this.#window.quickInput.getByText(told).waitFor();
  }

  /** Accepts what is in the box, until the question `next` is asked. */
  accept(next: string): Promise<void> {
    const enter = (): Promise<void> => this.#box.press('Enter', { timeout: tryMs });
    return actUntil(`to accept, and come to ${next}`, enter, isShown(this.step(next)));
  }

  /** The Back button, until the question at `place` is asked. */
  back(place: string): Promise<void> {
    const button = this.#window.quickInput.locator('.quick-input-titlebar a[aria-label^="Back"]');
    return actUntil(`to go back to ${place}`, () => button.click({ timeout: tryMs }), isShown(this.step(place)));
  }

  /** Gives up, until nothing is asked. */
  async escape(): Promise<void> {
    await this.#window.page.keyboard.press('Escape');
    await this.#window.quickInput.waitFor({ state: 'hidden' });
  }

  /** The row of a list that Enter takes. */
  get focused(): Locator {
    return this.#window.quickInput.locator('.monaco-list-row.focused');
  }
}
