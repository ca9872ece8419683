// The Remotes view: platforms for others, and whether they can be reached.
import { EventEmitter, l10n, TreeItem, TreeItemCollapsibleState, type TreeDataProvider } from 'vscode';
import { itemContexts } from '../contributions.ts';
import type { Remotes } from '../platforms/remotes.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { toldOf } from '../told.ts';
import { countedTasks } from './counted.ts';
import { stateIcon } from './state-icon.ts';

export class RemotesView implements TreeDataProvider<WatchedPlatform> {
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #remotes: Remotes;

  constructor(remotes: Remotes) {
    this.#remotes = remotes;
    remotes.onDidChange(() => this.#changed.fire(undefined));
  }

  getChildren(node?: WatchedPlatform): WatchedPlatform[] {
    return node === undefined ? [...this.#remotes.all] : [];
  }

  getTreeItem({ name, standing }: WatchedPlatform): TreeItem {
    const item = new TreeItem(name, TreeItemCollapsibleState.None);
    const url = this.#remotes.remote(name)?.url ?? '';
    item.id = name;
    item.contextValue = itemContexts.remoteEntry;
    item.tooltip = url;
    const host = url.replace(/^https?:\/\//, '');
    switch (standing.state) {
      case 'off':
        item.description = host;
        item.iconPath = stateIcon('idle');
        break;
      case 'connecting':
        item.description = `${host} · ${l10n.t('connecting…')}`;
        item.iconPath = stateIcon('starting');
        break;
      case 'ready':
        item.description = `${host} · ${countedTasks(standing.snapshot.tasks.length)}`;
        item.iconPath = stateIcon('ready');
        break;
      case 'failed': {
        const { message, hint } = toldOf(standing.error);
        item.description = message;
        item.tooltip = `${url}\n${message}\n${hint}`;
        item.iconPath = stateIcon('failed');
        break;
      }
    }
    return item;
  }
}
