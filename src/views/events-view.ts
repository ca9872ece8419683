// The Events view: the newest first, of all platforms.
import { EventEmitter, l10n, ThemeIcon, TreeItem, TreeItemCollapsibleState, type TreeDataProvider } from 'vscode';
import type { PlatformEvent } from '../../schemas/events.ts';
import type { Platforms } from '../platforms/platforms.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { clockTime, eventState, eventSubject, eventText } from './event-text.ts';
import { Pace } from './pace.ts';
import { stillIcon } from './state-icon.ts';

export interface EventNode {
  readonly platform: WatchedPlatform;
  readonly event: PlatformEvent;
}

const maxShown = 200;
/** Steps of preparation come by the dozen; the tree of tasks shows the present one. */
const tooMany: ReadonlySet<string> = new Set(['version.progress']);
const iconOfKind: Readonly<Record<string, string>> = {
  'platform.started': 'debug-start',
  'platform.stopping': 'debug-stop',
  'task.created': 'add',
  'version.created': 'versions',
  'task.deleted': 'trash',
  scaled: 'layers',
  'split.changed': 'split-horizontal',
  'node.state': 'server',
};

export class EventsView implements TreeDataProvider<EventNode> {
  readonly #changed = new EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #platforms: Platforms;
  /** Those before these numbers were cleared away. */
  readonly #cleared = new Map<string, number>();
  #newest = '';
  readonly #pace = new Pace(() => this.#changed.fire(undefined));

  constructor(platforms: Platforms) {
    this.#platforms = platforms;
    platforms.onDidChange(() => this.#update());
  }

  clear(): void {
    for (const { name, events } of this.#platforms.all) this.#cleared.set(name, (events.at(-1)?.seq ?? -1) + 1);
    this.#changed.fire(undefined);
  }

  getChildren(node?: EventNode): EventNode[] {
    if (node !== undefined) return [];
    return this.#platforms.all
      .flatMap((platform) => platform.events.map((event) => ({ platform, event })))
      .filter(({ platform, event }) => event.seq >= (this.#cleared.get(platform.name) ?? 0))
      .filter(({ event }) => !tooMany.has(event.body.kind))
      .sort((one, other) => other.event.at - one.event.at || other.event.seq - one.event.seq)
      .slice(0, maxShown);
  }

  getTreeItem({ platform, event }: EventNode): TreeItem {
    const subject = eventSubject(event, l10n);
    const text = eventText(event, l10n);
    const item = new TreeItem(subject, TreeItemCollapsibleState.None);
    const state = eventState(event);
    const where = platform.kind === 'local' ? '' : `${platform.name} · `;
    const time = clockTime(event.at);
    item.id = `${platform.name}/${event.seq}`;
    // The time first: a long text is cut off at its end, and times stand below each other.
    item.description = `${time} · ${where}${text}`;
    item.tooltip = `${time} ${subject}: ${text}`;
    item.iconPath =
      state === undefined ? new ThemeIcon(iconOfKind[event.body.kind] ?? 'circle-small') : stillIcon(state);
    return item;
  }

  #update(): void {
    const newest = this.#platforms.all.map(({ name, events }) => `${name}:${events.at(-1)?.seq ?? ''}`).join();
    if (newest === this.#newest) return;
    this.#newest = newest;
    this.#pace.ask();
  }
}
