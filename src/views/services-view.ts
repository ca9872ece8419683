// The Services view: the services of the workspace, each with what it does at the moment.
import {
  EventEmitter,
  l10n,
  ThemeColor,
  ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  workspace,
  type TreeDataProvider,
} from 'vscode';
import { commandId, itemContexts } from '../contributions.ts';
import type { RunningServices } from '../services/running.ts';
import type { Service } from '../services/service.ts';
import type { Services } from '../services/services.ts';
import { whyText } from '../told.ts';
import { stateIcon } from './state-icon.ts';

export class ServicesView implements TreeDataProvider<Service> {
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #services: Services;
  readonly #running: RunningServices;

  constructor(services: Services, running: RunningServices) {
    this.#services = services;
    this.#running = running;
    services.onDidChange(() => this.#changed.fire(undefined));
    running.onDidChange(() => this.#changed.fire(undefined));
  }

  getChildren(service?: Service): Service[] {
    return service === undefined ? [...this.#services.all] : [];
  }

  getTreeItem(service: Service): TreeItem {
    const item = new TreeItem(service.name, TreeItemCollapsibleState.None);
    const run = this.#running.stateOf(service.folder);
    item.id = service.manifest.toString();
    item.resourceUri = service.folder;
    item.contextValue = run === undefined ? itemContexts.service : itemContexts.runningService;
    item.command = { command: commandId('openFolder'), title: l10n.t('Open slipway.json'), arguments: [service] };
    const place = this.#services.named(service.name).length > 1 ? `${workspace.asRelativePath(service.folder)} · ` : '';
    const framework = place + (service.framework ?? 'python');
    if (service.unreadable) {
      item.description = l10n.t('slipway.json cannot be read');
      item.iconPath = new ThemeIcon('error', new ThemeColor('list.errorForeground'));
      // What runs can be stopped all the same.
      if (run === undefined) item.contextValue = itemContexts.unreadableService;
      item.tooltip = l10n.t('{0} cannot be read: see the Problems view.', service.manifest.fsPath);
      return item;
    }
    switch (run?.state) {
      case undefined:
        item.description = framework;
        item.iconPath = new ThemeIcon('symbol-class');
        break;
      case 'starting':
        item.description = `${framework} · ${l10n.t('starting…')}`;
        item.iconPath = stateIcon('starting');
        break;
      case 'serving':
        item.description = `${framework} · ${l10n.t('running {0}', run.version)}`;
        item.iconPath = stateIcon('ready');
        item.tooltip = l10n.t('{0} {1} serves, and reloads when you save.', run.task, run.version);
        break;
      case 'failed':
        item.description = `${framework} · ${whyText(run.error)}`;
        item.iconPath = stateIcon(run.serving === null ? 'failed' : 'degraded');
        item.tooltip = [run.error.message, run.error.hint].filter((part) => part !== undefined).join('\n');
        break;
    }
    return item;
  }
}
