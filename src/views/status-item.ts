// The status item: "Slipway 2/2 · 140 qps", there while a platform runs.
import { l10n, StatusBarAlignment, ThemeColor, window, type Disposable } from 'vscode';
import { commandId } from '../contributions.ts';
import type { Platforms } from '../platforms/platforms.ts';
import { markOf, replicaFigures, steadyQps } from './figures.ts';
import { modelWord } from './model-word.ts';

export class StatusItem implements Disposable {
  readonly #item = window.createStatusBarItem('slipway.status', StatusBarAlignment.Left, 10);
  readonly #platforms: Platforms;
  #shown = '';

  constructor(platforms: Platforms) {
    this.#platforms = platforms;
    this.#item.name = 'Slipway';
    this.#item.command = commandId('showActions');
    platforms.onDidChange(() => this.#show());
    this.#show();
  }

  dispose(): void {
    this.#item.dispose();
  }

  #show(): void {
    const { all } = this.#platforms;
    if (all.every(({ standing }) => standing.state !== 'ready')) {
      this.#item.hide();
      this.#shown = '';
      return;
    }
    const tasks = all.flatMap((platform) => platform.tasks);
    const failing = tasks.filter(({ state }) => state === 'failed' || state === 'degraded');
    const qps = tasks.reduce((sum, task) => sum + task.qps, 0);
    const versions = tasks.flatMap((task) => task.versions);
    const replicas = replicaFigures({ versions });
    const serving = versions.filter((version) => version.replicas.wanted > 0);
    const model = serving.map((version) => markOf(version, modelWord())).find((mark) => mark !== '') ?? '';
    const text = `$(server-process) Slipway ${replicas}${qps > 0 ? ` · ${steadyQps(qps)}` : ''}${model}`;
    if (text === this.#shown) return;
    this.#shown = text;
    this.#item.text = text;
    this.#item.tooltip = l10n.t('{0} replicas ready. Click for actions.', replicas);
    this.#item.backgroundColor = failing.length > 0 ? new ThemeColor('statusBarItem.warningBackground') : undefined;
    this.#item.show();
  }
}
