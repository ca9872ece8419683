// One window of the editor, as a user has it: commands from the palette, quick inputs, views, notifications, screenshots.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { packageRoot } from '../../emulator/common/assets.ts';
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
/** A machine that does other work too is slow; what does not come at all is told by this. */
const patienceMs = 60_000;
/** After which an act is tried once more. */
const shortMs = 5_000;
/** The editor shows three notifications of those that come within 0.8 s, and hides the others: no person is as fast as a test. */
const calmMs = 900;

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
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
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
    await this.quickInput.locator('.monaco-list-row').filter({ hasText: text }).first().click();
  }

  /** Types into the input box with this prompt, and accepts it; the question before may be there still. */
  async answer(prompt: string, text: string): Promise<void> {
    const box = this.quickInput.filter({ hasText: prompt }).locator('input.input');
    await box.fill(text);
    await box.press('Enter');
    this.#answeredAt = performance.now();
  }

  /** Shows the side bar of Slipway. */
  async openSideBar(): Promise<void> {
    const entry = this.page.locator('.activitybar .action-item a[aria-label^="Slipway"]');
    await entry.waitFor();
    if ((await entry.getAttribute('aria-expanded')) !== 'true') await entry.click();
    await this.view('Services').waitFor();
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
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.locator('.monaco-tl-twistie').click();
  }

  /** Clicks an inline action of a row by its label. */
  async inline(row: Locator, label: string): Promise<void> {
    await row.hover();
    await row.locator(`.actions a[aria-label^="${label}"]`).click();
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast').filter({ hasText: text }).first();
  }

  /** Presses a button of a notification or a dialog. */
  async press(where: Locator, button: string): Promise<void> {
    await where.locator('.monaco-button').filter({ hasText: button }).click();
  }

  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box').filter({ hasText: text });
  }

  /** Opens a file of the workspace by its path. */
  async openFile(path: string): Promise<void> {
    const input = await this.palette(path);
    await input
      .locator('.monaco-list-row')
      .filter({ hasText: path.split('/').at(-1)! })
      .first()
      .click();
    await this.page.locator('.monaco-editor').first().waitFor();
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
