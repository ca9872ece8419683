// One window of the editor, as a user has it: commands from the palette, quick inputs, views, notifications, screenshots.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { packageRoot } from '../../emulator/common/assets.ts';
import { actUntil, isGone, isShown, patienceMs, tryMs } from './vscode-acts.ts';
import { until } from './waiting.ts';

export const screenshotFolder = join(packageRoot, '.build', 'screenshots');
const launchArgs = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** After which an act is tried once more. */
const shortMs = 5_000;
/** The editor shows three notifications of those that come within 0.8 s, and hides the others: no person is as fast as a test. */
const calmMs = 900;

/** A notification that is not seen within this was hidden: the editor shows one for ten seconds. */
const shownMs = 20_000;

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: launchArgs });
}

export class EditorWindow {
  readonly page: Page;
  #answeredAt = -Infinity;

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(patienceMs);
  }

  /** Opens a folder, or a .code-workspace file, in a window of its own and waits for the workbench. */
  static async open(browser: Browser, url: string, folder: string): Promise<EditorWindow> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
      // The server would compress 20 MB for each window, a second of one core, for a wire that is none.
      extraHTTPHeaders: { 'accept-encoding': 'identity' },
    });
    const window = new EditorWindow(await context.newPage());
    const key = folder.endsWith('.code-workspace') ? 'workspace' : 'folder';
    await window.page.goto(`${url}/?${key}=${encodeURIComponent(folder)}`);
    await window.page.locator('.monaco-workbench').waitFor();
    await window.page.locator('.activitybar').waitFor();
    return window;
  }

  /** Runs a command by its title, as the palette shows it. */
  async command(title: string): Promise<void> {
    const row = this.quickInput.locator('.monaco-list-row').filter({ hasText: title }).first();
    await this.#insist(`the palette with ${title}`, async () => {
      await this.palette(`>${title}`);
      return appears(row);
    });
    await row.click();
  }

  /** The palette with `text` typed into it. */
  async palette(text: string): Promise<Locator> {
    await sleep(Math.max(0, this.#answeredAt + calmMs - performance.now()));
    const box = this.quickInput.locator('input.input');
    await this.#insist('the palette', async () => {
      await this.page.keyboard.press('F1');
      if (!(await appears(box))) return false;
      return box.fill(text, { timeout: shortMs }).then(
        () => true,
        () => false,
      );
    });
    return this.quickInput;
  }

  /** Tries until it works: a key may come before the workbench listens, and what takes the focus meanwhile closes a quick input. */
  async #insist(what: string, attempt: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!(await attempt())) {
      if (performance.now() > end) throw new Error(`${what} did not show within ${String(patienceMs / 1000)} s`);
      await this.page.keyboard.press('Escape');
    }
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible');
  }

  /** Picks the row of an open quick pick. */
  async pick(text: string | RegExp): Promise<void> {
    const row = this.quickInput.locator('.monaco-list-row').filter({ hasText: text }).first();
    await row.waitFor();
    const asked = await this.#question();
    await actUntil(
      `to pick ${String(text)}`,
      () => row.click({ timeout: tryMs }),
      async () => !(await row.isVisible()) || (await this.#question()) !== asked,
    );
  }

  /** Types into the input box with this prompt, and accepts it; the question before may be there still. */
  async answer(prompt: string, text: string): Promise<void> {
    const asked = this.quickInput.filter({ hasText: prompt });
    const box = asked.locator('input.input');
    await box.waitFor();
    const accept = async (): Promise<void> => {
      await box.fill(text, { timeout: tryMs });
      if ((await box.inputValue({ timeout: tryMs })) === text) await box.press('Enter', { timeout: tryMs });
    };
    await actUntil(`to answer "${prompt}"`, accept, isGone(asked));
    this.#answeredAt = performance.now();
  }

  /** What the open quick input asks: its title, step and prompt. */
  async #question(): Promise<string> {
    const title = this.quickInput.locator('.quick-input-title');
    const box = this.quickInput.locator('input.input').first();
    const parts = [title.innerText({ timeout: tryMs }), box.getAttribute('placeholder', { timeout: tryMs })];
    return (await Promise.all(parts.map((part) => part.catch(() => null)))).join(' ');
  }

  /** Presses a key until what it does is seen. */
  key(keys: string, seen: Locator): Promise<void> {
    return actUntil(`of ${keys}`, () => this.page.keyboard.press(keys), isShown(seen));
  }

  /** Types a line into the terminal that is shown, until what it does is seen: a shell that starts may not listen yet. */
  async say(line: string, seen: Locator, how: 'shown' | 'gone' = 'shown'): Promise<void> {
    const input = this.page.locator('.terminal-wrapper.active .xterm-helper-textarea');
    const type = async (): Promise<void> => {
      await input.focus({ timeout: tryMs });
      await this.page.keyboard.type(`${line}\n`);
    };
    await actUntil(`of the line ${line}`, type, how === 'shown' ? isShown(seen) : isGone(seen));
  }

  /** Shows the side bar of Slipway. @param first title of its first view */
  async openSideBar(first = 'Services'): Promise<void> {
    const entry = this.page.locator('.activitybar .action-item a[aria-label^="Slipway"]');
    await entry.waitFor();
    // A second click would hide it again.
    const open = async (): Promise<void> => {
      if ((await entry.getAttribute('aria-expanded')) !== 'true') await entry.click({ timeout: tryMs });
    };
    await actUntil('to open the side bar', open, isShown(this.view(first)));
  }

  /** A view of the side bar, by its title. */
  view(title: string): Locator {
    return this.page.locator('.pane').filter({ has: this.page.locator(`.pane-header[aria-label^="${title}"]`) });
  }

  row(view: string, text: string | RegExp): Locator {
    return this.view(view).locator('.monaco-list-row').filter({ hasText: text }).first();
  }

  /** Opens a row of a tree, unless it is open. */
  async expand(row: Locator): Promise<void> {
    await row.waitFor();
    const isClosed = async (): Promise<boolean> =>
      (await row.getAttribute('aria-expanded', { timeout: tryMs })) === 'false';
    const open = async (): Promise<void> => {
      if (await isClosed()) await row.locator('.monaco-tl-twistie').click({ timeout: tryMs });
    };
    await actUntil('to open a row', open, async () => !(await isClosed()));
  }

  /** Clicks an inline action of a row by its label, until what it does is seen: a row may be drawn anew under the pointer. */
  async inline(row: Locator, label: string, seen: Locator): Promise<void> {
    const click = async (): Promise<void> => {
      await row.hover({ timeout: tryMs });
      await row.locator(`.actions a[aria-label^="${label}"]`).click({ timeout: tryMs });
    };
    await actUntil(`of the action ${label}`, click, isShown(seen));
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-list-item').filter({ hasText: text }).first();
  }

  /** Until this outcome was told; then it is put away, so that it neither covers anything nor is taken for the next one. */
  async told(text: string | RegExp): Promise<void> {
    const item = await this.#findNotification(text);
    const away = async (): Promise<void> => {
      await item.hover({ timeout: tryMs });
      await item.locator('.codicon-notifications-clear').click({ timeout: tryMs });
    };
    await actUntil(`to put away ${String(text)}`, away, isGone(item));
    await this.#hideNotifications();
  }

  /** Presses a button of a notification: one that went by itself, before it was pressed, is pressed behind the bell. */
  async take(text: string | RegExp, button: string): Promise<void> {
    let pressed = false;
    const press = async (): Promise<void> => {
      const item = await this.#findNotification(text);
      await item.locator('.monaco-button').filter({ hasText: button }).first().click({ timeout: tryMs });
      pressed = true;
    };
    const gone = isGone(this.notification(text));
    await actUntil(`of the button ${button}`, press, async () => pressed && (await gone()));
    await this.#hideNotifications();
  }

  /** They are shown for some seconds, and three at a time; those that were are listed behind the bell. */
  async #findNotification(text: string | RegExp): Promise<Locator> {
    const item = this.notification(text);
    const found = isShown(item);
    const hiddenAt = performance.now() + shownMs;
    const look = async (): Promise<void> => {
      if (performance.now() > hiddenAt && !(await this.#allNotifications.isVisible()))
        await this.#toggleNotifications();
    };
    await actUntil(`to be told ${String(text)}`, look, found);
    return item;
  }

  async #hideNotifications(): Promise<void> {
    if (await this.#allNotifications.isVisible()) await this.#toggleNotifications();
  }

  get #allNotifications(): Locator {
    return this.page.locator('.notifications-center.visible');
  }

  async #toggleNotifications(): Promise<void> {
    await this.page.locator('[id="status.notifications"]').click({ timeout: tryMs });
    // The hint of the bell would cover the corner of what it shows.
    await this.page.mouse.move(0, 0);
  }

  /** Presses a button of a notification that is shown or a dialog, until it is gone. */
  async press(where: Locator, button: string): Promise<void> {
    const found = where.locator('.monaco-button').filter({ hasText: button }).first();
    await found.waitFor();
    await actUntil(`of the button ${button}`, () => found.click({ timeout: tryMs }), isGone(found));
  }

  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box').filter({ hasText: text });
  }

  /** Opens a file of the workspace by its path, and has the cursor in it. */
  async openFile(path: string): Promise<void> {
    const name = path.split('/').at(-1)!;
    const tab = this.page.locator(`.tabs-container .tab.active[aria-label^="${name}"]`);
    const open = async (): Promise<void> => {
      const input = await this.palette(path);
      await input.locator('.monaco-list-row').filter({ hasText: name }).first().click({ timeout: tryMs });
    };
    await actUntil(`to open ${path}`, open, isShown(tab));
    await this.page.locator('.editor-group-container.active .monaco-editor.focused').first().waitFor();
  }

  /** Until a page of the editor, which is in a frame of its own, has this text. */
  pageWith(text: RegExp): Promise<void> {
    return until(async () => {
      for (const frame of this.page.frames()) {
        const body = await frame
          .locator('body')
          .innerText({ timeout: 1_000 })
          .catch(() => '');
        if (frame.parentFrame() !== null && text.test(body)) return true;
      }
      return false;
    }, patienceMs);
  }

  /** Kept in .build/screenshots. */
  async screenshot(name: string): Promise<void> {
    await mkdir(screenshotFolder, { recursive: true });
    await this.page.screenshot({ path: join(screenshotFolder, `${name}.png`) });
  }

  /** Changes the colours of the workbench. */
  async theme(label: 'Dark Modern' | 'Light Modern' | 'Dark High Contrast'): Promise<void> {
    await this.command('Preferences: Color Theme');
    await this.quickInput.locator('input.input').fill(label);
    await this.pick(label);
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  /** Closes the window, as its cross does. */
  async close(): Promise<void> {
    // The page is told that it goes, and tells the server, which else waits for it to come back.
    await this.page.goto('about:blank');
    await this.page.context().close();
  }
}

function appears(locator: Locator): Promise<boolean> {
  return locator.waitFor({ timeout: shortMs }).then(
    () => true,
    () => false,
  );
}
