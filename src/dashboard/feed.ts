// What a dashboard shows of one task, taken from its platform while somebody looks: the stream of the window, the series
// and the log of the task; and now and then what no stream tells, the experiment and the slow batches.
import { l10n, workspace, type Disposable } from 'vscode';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { modelOf } from '../../schemas/model-mark.ts';
import { DashboardTask, dashboardLimits, type DashboardDelta, type Place } from '../../schemas/dashboard.ts';
import type { Platforms } from '../platforms/platforms.ts';
import type { WatchedPlatform } from '../platforms/watched-platform.ts';
import { problemText } from '../told.ts';
import { decisionsOf } from './decisions.ts';

/** Between looks at what no stream tells. */
const lookMs = 2_000;

export class Feed implements Disposable {
  readonly place: Place | null;
  readonly #platforms: Platforms;
  readonly #tell: (delta: DashboardDelta) => void;
  readonly #subscription: Disposable;
  #client: SlipwayClient | undefined;
  #end = new AbortController();
  #lookedAt = -Infinity;
  #seenEvent = -1;

  constructor(platforms: Platforms, place: Place | null, tell: (delta: DashboardDelta) => void) {
    this.#platforms = platforms;
    this.place = place;
    this.#tell = tell;
    this.#subscription = platforms.onDidChange(() => this.#update());
    this.#update();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#end.abort();
  }

  #update(): void {
    const { all } = this.#platforms;
    const choices = all.flatMap(({ name, tasks }) => tasks.map((task) => ({ platform: name, task: task.name })));
    if (this.place === null) {
      this.#tell({ choices, place: null, standing: 'off' });
      return;
    }
    const platform = all.find(({ name }) => name === this.place?.platform);
    this.#tell({ choices, place: this.place, ...standingOf(platform, this.place) });
    const task = platform?.tasks.find(({ name }) => name === this.place?.task);
    const client = task === undefined ? undefined : platform?.connected?.client;
    if (client !== this.#client) this.#follow(client, this.place);
    if (platform !== undefined) this.#takeDecisions(platform, this.place);
  }

  #takeDecisions({ events }: WatchedPlatform, { task }: Place): void {
    const fresh = events.filter(({ seq }) => seq > this.#seenEvent);
    this.#seenEvent = fresh.at(-1)?.seq ?? this.#seenEvent;
    const decisions = decisionsOf(fresh, task);
    if (decisions.length > 0) this.#tell({ decisions });
  }

  #follow(client: SlipwayClient | undefined, place: Place): void {
    this.#end.abort();
    this.#end = new AbortController();
    this.#client = client;
    if (client === undefined) return;
    const { signal } = this.#end;
    const started = [
      this.#past(client, place, signal),
      this.#points(client, place, signal),
      this.#logs(client, place, signal),
    ];
    // What becomes of the platform, its own stream tells.
    for (const one of started) void one.catch(() => undefined);
  }

  async #past(client: SlipwayClient, { task }: Place, signal: AbortSignal): Promise<void> {
    const { events } = await client.call(
      'listDecisions',
      { params: { task }, query: { limit: dashboardLimits.decisions } },
      { signal },
    );
    this.#tell({ decisions: decisionsOf(events, task) });
    await this.#look(client, task, signal);
  }

  async #points(client: SlipwayClient, { task }: Place, signal: AbortSignal): Promise<void> {
    const { points, next } = await client.call('getSeries', { params: { task } }, { signal });
    this.#tell({ points });
    for await (const point of client.series(task, { from: next, signal })) {
      this.#tell({ points: [point] });
      if (performance.now() - this.#lookedAt >= lookMs) void this.#look(client, task, signal).catch(() => undefined);
    }
  }

  async #logs(client: SlipwayClient, { task }: Place, signal: AbortSignal): Promise<void> {
    const query = { limit: dashboardLimits.logs };
    const { lines, next } = await client.call('getLogs', { params: { task }, query }, { signal });
    this.#tell({ logs: lines });
    for await (const line of client.logs(task, { from: next, signal })) this.#tell({ logs: [line] });
  }

  async #look(client: SlipwayClient, task: string, signal: AbortSignal): Promise<void> {
    this.#lookedAt = performance.now();
    const query = { task, order: 'slowest', limit: dashboardLimits.batches };
    const [experiment, { batches }] = await Promise.all([
      client.call('getExperiment', { params: { task } }, { signal }),
      client.call('listBatches', { query }, { signal }),
    ]);
    if (!signal.aborted) this.#tell({ experiment, batches });
  }
}

function standingOf(platform: WatchedPlatform | undefined, { task: name, platform: where }: Place): DashboardDelta {
  const nothing = { task: null, nodes: [] };
  if (platform === undefined) {
    return { ...nothing, standing: 'gone', problem: l10n.t('There is no platform {0} any more.', where) };
  }
  const { standing } = platform;
  switch (standing.state) {
    case 'connecting':
      return { ...nothing, standing: 'connecting', problem: null };
    case 'failed':
      return { ...nothing, standing: 'failed', problem: problemText(standing.error) };
    case 'off':
      return {
        ...nothing,
        standing: 'off',
        problem:
          platform.kind === 'local'
            ? l10n.t('The local platform does not run. Run a service locally to start it.')
            : l10n.t('{0} is not connected.', where),
      };
    case 'ready': {
      const { tasks, nodes } = standing.snapshot;
      const task = tasks.find((one) => one.name === name);
      if (task === undefined) {
        return { ...nothing, standing: 'gone', problem: l10n.t('There is no task {0} on {1}.', name, where) };
      }
      const debugs = platform.kind === 'local' && workspace.isTrusted;
      const engine = platform.connected?.about.engine ?? null;
      const versions = task.versions.map((version) => ({ ...version, modelled: modelOf(version.manifest) }));
      return {
        task: DashboardTask.parse({ ...task, versions }),
        nodes,
        engine,
        debugs,
        standing: 'live',
        problem: null,
      };
    }
  }
}
