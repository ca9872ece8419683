// A window of the editor without a mouse: commands, picks, trees and menus by their keys.
import type { Locator } from 'playwright-core';
import { actUntil, isGone, isShown, tryMs } from './vscode-acts.ts';
import type { EditorWindow } from './vscode-window.ts';

/** Further than any list, tree or menu goes. */
const mostSteps = 40;

export class Keyboard {
  readonly #window: EditorWindow;

  constructor(window: EditorWindow) {
    this.#window = window;
  }

  /** Runs a command of the palette. */
  async run(title: string): Promise<void> {
    const asked = this.#window.quickInput.filter({ has: this.#window.page.locator('input.input') });
    const focused = asked.locator('.monaco-list-row.focused').filter({ hasText: title });
    await actUntil(`to find the command ${title}`, () => this.#window.palette(`>${title}`), isShown(focused));
    await this.#enter(`to run ${title}`, focused);
  }

  /** Takes a row of an open quick pick, found by typing a part of it. */
  async pick(text: string): Promise<void> {
    const { quickInput } = this.#window;
    const row = quickInput.locator('.monaco-list-row').filter({ hasText: text }).first();
    await row.waitFor();
    const focused = quickInput.locator('.monaco-list-row.focused').filter({ hasText: text });
    await actUntil(
      `to find ${text}`,
      () => quickInput.locator('input.input').fill(text, { timeout: tryMs }),
      isShown(focused),
    );
    await this.#enter(`to pick ${text}`, focused);
  }

  /** Goes down a tree that has the focus to a row. */
  goTo(row: Locator): Promise<void> {
    return this.#walk('ArrowDown', row.and(this.#window.page.locator('.focused')));
  }

  /** Takes an entry of the menu of what has the focus. */
  async menu(label: string): Promise<void> {
    const { page } = this.#window;
    const menu = page.locator('.monaco-menu');
    await this.#window.key('Shift+F10', menu);
    await this.#walk('ArrowDown', menu.locator('.action-item.focused').filter({ hasText: label }));
    await this.#enter(`of the entry ${label}`, menu);
  }

  async #enter(what: string, gone: Locator): Promise<void> {
    await actUntil(what, () => this.#window.page.keyboard.press('Enter'), isGone(gone));
  }

  /** Presses a key again and again until what it leads to is there. */
  async #walk(key: string, there: Locator): Promise<void> {
    for (let step = 0; step < mostSteps; step++) {
      if (await there.first().isVisible()) return;
      await this.#window.page.keyboard.press(key);
      await there
        .first()
        .waitFor({ timeout: 300 })
        .catch(() => undefined);
    }
    throw new Error(`${key} did not lead there in ${String(mostSteps)} steps`);
  }
}
