// The Tasks view: what runs on each platform, as tree items.
import { EventEmitter, l10n, ThemeColor, ThemeIcon, TreeItem, type TreeDataProvider } from 'vscode';
import { TreeItemCollapsibleState as Fold } from 'vscode';
import { itemContexts } from '../contributions.ts';
import type { TaskView } from '../../schemas/tasks.ts';
import type { Platforms } from '../platforms/platforms.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { toldOf, whyText } from '../told.ts';
import { countedTasks } from './counted.ts';
import { markOf, sharesOf, showQps, taskFigures } from './figures.ts';
import { modelWord } from './model-word.ts';
import { Pace } from './pace.ts';
import { comingIcon, stateIcon, type AnyState } from './state-icon.ts';
import { stateText } from './state-text.ts';
import { childrenOf, nodeId, shapeOf, type TasksNode, type VersionNode } from './task-nodes.ts';
import { engineName, platformTooltip, replicaTooltip, taskTooltip, versionTooltip } from './tooltip.ts';

/**
 * Between refreshes for figures alone. While a tree is refreshed the editor knows no item of it: an action on one is then
 * called on nothing, and what the pointer rests on is closed.
 */
const figuresGapMs = 2_000;

export class TasksView implements TreeDataProvider<TasksNode> {
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #platforms: Platforms;

  constructor(platforms: Platforms) {
    this.#platforms = platforms;
    const refresh = (): void => this.#changed.fire(undefined);
    const soon = new Pace(refresh);
    const figures = new Pace(refresh, figuresGapMs);
    let shape = '';
    platforms.onDidChange(() => {
      const now = shapeOf(platforms.all);
      (now === shape ? figures : soon).ask();
      shape = now;
    });
  }

  /** Empty, with its welcome text, while there is only a local platform and that does not run. */
  getChildren(node?: TasksNode): TasksNode[] {
    if (node !== undefined) return [...childrenOf(node)];
    const { all } = this.#platforms;
    if (all.every(({ kind, standing }) => kind === 'local' && standing.state === 'off')) return [];
    return all.map((platform) => ({ kind: 'platform', platform }));
  }

  getTreeItem(node: TasksNode): TreeItem {
    const item = itemOf(node);
    item.id = nodeId(node);
    return item;
  }

  resolveTreeItem(item: TreeItem, node: TasksNode): TreeItem {
    const at = Date.now();
    if (node.kind === 'task') item.tooltip = taskTooltip(node.task, at);
    if (node.kind === 'version') item.tooltip = versionTooltip(node.task, node.version, at);
    if (node.kind === 'replica') item.tooltip = replicaTooltip(node.task, node.replica, at);
    if (node.kind === 'platform') item.tooltip = platformTooltip(node.platform) ?? item.tooltip;
    return item;
  }
}

function itemOf(node: TasksNode): TreeItem {
  switch (node.kind) {
    case 'platform':
      return platformItem(node.platform);
    case 'task': {
      const { task } = node;
      const item = new TreeItem(task.name, Fold.Collapsed);
      item.description = taskText(task);
      item.iconPath = stateIcon(task.state);
      item.contextValue = task.state === 'stopped' ? itemContexts.stoppedTask : itemContexts.task;
      return spoken(item, task.state);
    }
    case 'version':
      return versionItem(node);
    case 'replica': {
      const { replica } = node;
      const ordinal = replica.id.split('-').at(-1) ?? replica.id;
      const item = new TreeItem(ordinal, Fold.None);
      const { state, node: where, reason } = replica;
      item.description = [stateText(state), where ?? [], reason === undefined ? [] : whyText(reason)]
        .flat()
        .join(' · ');
      item.iconPath = stateIcon(state);
      item.contextValue = replica.pid === null ? itemContexts.stillReplica : itemContexts.replica;
      return spoken(item, state);
    }
  }
}

/** Figures; of a task that never served, what becomes of it. */
function taskText(task: TaskView): string {
  if (task.activeVersion !== null && task.state !== 'failed') return taskFigures(task, modelWord());
  const progress = task.versions.findLast(({ state }) => state === 'preparing')?.progress;
  if (progress !== undefined) return l10n.t(progress);
  return task.reason === undefined ? taskFigures(task, modelWord()) : whyText(task.reason);
}

function versionItem({ task, version }: VersionNode): TreeItem {
  const named = version.name === undefined ? version.id : `${version.id} ${version.name}`;
  const item = new TreeItem(named + markOf(version, modelWord()), Fold.Collapsed);
  const share = sharesOf(task).find((one) => one.version.id === version.id);
  const progress = version.state === 'preparing' ? version.progress : undefined;
  item.description = [
    ...(share === undefined ? [] : [showQps(version.load.qps), `${share.percent}%`]),
    `${version.replicas.ready}/${version.replicas.wanted}`,
    ...(share === undefined ? [progress === undefined ? stateText(version.state) : l10n.t(progress)] : []),
  ].join(' · ');
  item.iconPath = stateIcon(version.state);
  const isComing = version.state === 'preparing' || version.state === 'starting';
  item.contextValue = isComing ? itemContexts.comingVersion : itemContexts.version;
  return spoken(item, version.state);
}

function platformItem({ kind, name, standing, tasks, connected }: WatchedPlatform): TreeItem {
  const item = new TreeItem(kind === 'local' ? l10n.t('Local') : name, Fold.Expanded);
  const local = standing.state === 'off' ? itemContexts.localStopped : itemContexts.localRunning;
  item.contextValue = kind === 'local' ? local : itemContexts.remote;
  item.iconPath = new ThemeIcon(kind === 'local' ? 'device-desktop' : 'cloud');
  switch (standing.state) {
    case 'off':
      item.description = kind === 'local' ? l10n.t('not running') : l10n.t('not connected');
      break;
    case 'connecting':
      item.description = l10n.t('connecting…');
      item.iconPath = comingIcon();
      break;
    case 'ready':
      item.description = [
        ...(connected === undefined ? [] : [engineName(connected.about.engine)]),
        countedTasks(tasks.length),
      ].join(' · ');
      break;
    case 'failed': {
      const { message, hint } = toldOf(standing.error);
      item.description = message;
      item.tooltip = `${message}\n${hint}`;
      item.iconPath = new ThemeIcon('error', new ThemeColor('list.errorForeground'));
      break;
    }
  }
  return item;
}

/** A screen reader is told the state, which is otherwise only an icon. */
function spoken(item: TreeItem, state: AnyState): TreeItem {
  const label = typeof item.label === 'string' ? item.label : (item.label?.label ?? '');
  item.accessibilityInformation = {
    label: `${label}, ${stateText(state)}, ${typeof item.description === 'string' ? item.description : ''}`,
  };
  return item;
}
