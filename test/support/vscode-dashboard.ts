// The dashboard in a window of the editor, and what can be looked at in it: its page is two frames deep.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame, FrameLocator, Locator } from 'playwright-core';
import type { EditorWindow } from './vscode-window.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly string[];
}

export class DashboardPage {
  readonly #window: EditorWindow;
  readonly frame: FrameLocator;

  constructor(window: EditorWindow) {
    this.#window = window;
    this.frame = window.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  panel(title: string): Locator {
    return this.frame.locator('section').filter({ has: this.frame.locator(`h2:text-is("${title}")`) });
  }

  async scrollTo(title: string): Promise<void> {
    const panel = this.panel(title);
    await panel.waitFor();
    await (title === 'QPS' ? this.frame.locator('header') : panel).scrollIntoViewIfNeeded();
  }

  button(label: string): Locator {
    return this.frame.locator('vscode-button').filter({ hasText: label }).first();
  }

  /** The figure of a line in the legend of a chart. */
  figure(title: string, label: string): Locator {
    return this.panel(title).locator('.legend li').filter({ hasText: label }).locator('.now').first();
  }

  /** Chooses in a list of the toolbar. */
  async choose(list: string, label: string): Promise<void> {
    const dropdown = this.frame.locator(`vscode-dropdown[aria-label="${list}"]`);
    await dropdown.locator('vscode-option').filter({ hasText: label }).waitFor({ state: 'attached' });
    await dropdown.click();
    await dropdown.locator('vscode-option').filter({ hasText: label }).first().click();
  }

  /** Presses Tab until it has come to the element of this name, from wherever the focus is. */
  async tabTo(name: string, most = 120): Promise<void> {
    for (let press = 0; press < most; press++) {
      if ((await this.#focused(await this.inner())) === name) return;
      await this.#window.page.keyboard.press('Tab');
    }
    throw new Error(`Tab did not come to ${name}`);
  }

  /** What Tab comes to, from the first list on until it leaves the page: the names that a screen reader says. */
  async tabStops(most = 120): Promise<string[]> {
    const frame = await this.inner();
    await this.frame.locator('vscode-dropdown').first().focus();
    const stops: string[] = [];
    while (stops.length < most) {
      const stop = await this.#focused(frame);
      if (stop === null) break;
      stops.push(stop);
      await this.#window.page.keyboard.press('Tab');
    }
    return stops;
  }

  /** The name of what has the focus; null where nothing of the page has it. */
  #focused(frame: Frame): Promise<string | null> {
    return frame.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: {
          body: unknown;
          hasFocus(): boolean;
          activeElement: { getAttribute(name: string): string | null; textContent: string } | null;
        };
      };
      const { activeElement: active, body } = document;
      if (active === null || active === body || !document.hasFocus()) return null;
      return active.getAttribute('aria-label') ?? active.textContent.trim();
    });
  }

  /** The frame that holds the page itself. */
  async inner(): Promise<Frame> {
    await this.frame.locator('main').waitFor();
    for (const frame of this.#window.page.frames()) {
      const found = await frame
        .locator('main.panels')
        .count()
        .catch(() => 0);
      if (found > 0) return frame;
    }
    throw new Error('the page of the dashboard is in no frame');
  }

  /** By how many pixels something in the page is wider than it. */
  async overhang(): Promise<number> {
    const frame = await this.inner();
    return frame.evaluate(() => {
      const { documentElement: root } = (
        globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }
      ).document;
      return root.scrollWidth - root.clientWidth;
    });
  }

  /** What axe-core finds, of any impact. */
  async violations(): Promise<readonly Violation[]> {
    const frame = await this.inner();
    await frame.evaluate(axeSource);
    return frame.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: {
          run: () => Promise<{
            violations: { id: string; impact: string | null; nodes: { html: string; failureSummary: string }[] }[];
          }>;
        };
      };
      const { violations } = await axe.run();
      return violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`.slice(0, 600)),
      }));
    });
  }
}
