// The dashboard's panel: one in a window. The state is kept here; the page is sent a snapshot when it opens or is seen
// again, then deltas, and while it is hidden nothing is asked for or sent.
import { randomBytes } from 'node:crypto';
import {
  commands as editor,
  l10n,
  Uri,
  ViewColumn,
  window,
  type Disposable,
  type ExtensionContext,
  type LogOutputChannel,
  type WebviewPanel,
  type WebviewPanelSerializer,
} from 'vscode';
import { z } from 'zod';
import { PageMessage, Place, type HostMessage } from '../../schemas/dashboard.ts';
import { commandId, dashboardType } from '../contributions.ts';
import type { Platforms } from '../platforms/platforms.ts';
import { Feed } from './feed.ts';
import { Pacer } from './pacer.ts';
import { pageOf } from './page.ts';
import { answerPage } from './requests.ts';

/** What the page keeps with the editor, of which only the place is read here. */
const Kept = z.object({ place: Place.nullable().optional() });

export interface DashboardOptions {
  readonly context: ExtensionContext;
  readonly output: LogOutputChannel;
  readonly platforms: Platforms;
  /** Told when it is seen and when it is not any more. */
  readonly seen: () => void;
}

export class Dashboard implements Disposable, WebviewPanelSerializer {
  readonly #options: DashboardOptions;
  readonly #folder: Uri;
  readonly #pacer: Pacer;
  #panel: WebviewPanel | undefined;
  #feed: Feed | undefined;
  #place: Place | null = null;
  #paused = false;
  #sent = 0;

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#folder = Uri.joinPath(options.context.extensionUri, 'dist', 'webview');
    this.#pacer = new Pacer({
      send: (delta) => this.#post({ kind: 'delta', delta }),
      now: () => performance.now(),
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
    });
  }

  get visible(): boolean {
    return this.#panel?.visible === true;
  }

  /** Messages that the page was sent, for those who test that a hidden one is sent none. */
  get sent(): number {
    return this.#sent;
  }

  /** @param place the task to show; undefined: the one that is shown, or the first that there is */
  show(place: Place | undefined): void {
    const chosen = place ?? this.#place ?? this.#first();
    if (this.#panel !== undefined) {
      this.#choose(chosen);
      this.#panel.reveal();
      return;
    }
    this.#place = chosen;
    const options = { enableScripts: true, localResourceRoots: [this.#folder] };
    this.#take(window.createWebviewPanel(dashboardType, l10n.t('Slipway Dashboard'), ViewColumn.Active, options));
  }

  /** The editor has loaded the window again. */
  deserializeWebviewPanel(panel: WebviewPanel, kept: unknown): Promise<void> {
    this.#place = Kept.safeParse(kept).data?.place ?? this.#first();
    this.#panel?.dispose();
    this.#take(panel);
    return Promise.resolve();
  }

  dispose(): void {
    this.#rest();
    this.#panel?.dispose();
  }

  #first(): Place | null {
    const all = this.#options.platforms.all.flatMap(({ name, tasks }) => tasks.map((task) => ({ name, task })));
    // Where there is most to see.
    const [busiest] = all.toSorted((one, other) => other.task.qps - one.task.qps);
    return busiest === undefined ? null : { platform: busiest.name, task: busiest.task.name };
  }

  #take(panel: WebviewPanel): void {
    this.#panel = panel;
    const media = Uri.joinPath(this.#options.context.extensionUri, 'media');
    // A tab does not colour it by the theme.
    panel.iconPath = { light: Uri.joinPath(media, 'slipway-light.svg'), dark: Uri.joinPath(media, 'slipway-dark.svg') };
    panel.webview.options = { enableScripts: true, localResourceRoots: [this.#folder] };
    panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    panel.onDidChangeViewState(() => {
      this.#options.seen();
      // A page that is seen again is loaded again, and says so itself.
      if (!panel.visible) this.#rest();
    });
    panel.onDidDispose(() => {
      if (this.#panel !== panel) return;
      this.#rest();
      this.#panel = undefined;
      this.#paused = false;
      this.#options.seen();
    });
    panel.webview.html = pageOf(panel.webview, this.#folder, randomBytes(16).toString('base64'));
    this.#options.seen();
  }

  #receive(value: unknown): void {
    const parsed = PageMessage.safeParse(value);
    if (!parsed.success) {
      this.#options.output.warn(`The dashboard sent what is not a message: ${parsed.error.message}`);
      return;
    }
    const message = parsed.data;
    switch (message.kind) {
      case 'ready':
        this.#begin();
        return;
      case 'choose':
        this.#choose(message.place);
        return;
      case 'pause':
        this.#paused = message.paused;
        if (this.#paused) this.#rest();
        else this.#begin();
        return;
      case 'command':
        void editor.executeCommand(commandId(message.name), this.#target());
        return;
      case 'debug':
        void editor.executeCommand(commandId('rerunBatch'), message.batch);
        return;
      case 'split':
      case 'rerun':
        void answerPage(this.#options.platforms, this.#place, message).then((outcome) => this.#post(outcome));
        return;
    }
  }

  /** The item of the task that is shown, as the tree gives it to commands. */
  #target(): unknown {
    const platform = this.#options.platforms.all.find(({ name }) => name === this.#place?.platform);
    const task = platform?.tasks.find(({ name }) => name === this.#place?.task);
    return task === undefined ? undefined : { kind: 'task', platform, task };
  }

  #choose(place: Place | null): void {
    if (place?.platform === this.#place?.platform && place?.task === this.#place?.task) return;
    this.#rest();
    this.#place = place;
    this.#pacer.reset();
    this.#paused = false;
    if (this.visible) this.#begin();
  }

  /** The page is there and seen: it gets all that is known, then what changes. */
  #begin(): void {
    if (!this.visible) return;
    if (!this.#paused) this.#feed ??= new Feed(this.#options.platforms, this.#place, (delta) => this.#told(delta));
    const state = this.#paused ? this.#pacer.state : this.#pacer.begin();
    this.#post({ kind: 'snapshot', state, paused: this.#paused });
  }

  #told(delta: Parameters<Pacer['change']>[0]): void {
    this.#pacer.change(delta);
    // Opened before there was anything to show.
    if (this.#place !== null || delta.choices === undefined) return;
    const [first] = delta.choices;
    if (first !== undefined) queueMicrotask(() => this.#choose(first));
  }

  #rest(): void {
    this.#feed?.dispose();
    this.#feed = undefined;
    this.#pacer.pause();
  }

  #post(message: HostMessage): void {
    if (!this.visible) return;
    this.#sent++;
    void this.#panel?.webview.postMessage(message);
  }
}
