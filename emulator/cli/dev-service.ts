// One service under development: brings up what is in its folder, and keeps the last good version serving.
import { readManifest } from '../bundle/manifest.ts';
import { packFolder } from '../bundle/pack.ts';
import { findPython } from '../bundle/python.ts';
import type { DeployAnswer } from '../../schemas/api.ts';
import { RolloutWay } from '../../schemas/tasks.ts';
import type { SlipwayClient } from '../client/client.ts';
import { SlipwayError } from '../common/errors.ts';
import { createOrUpdate } from './deploying.ts';
import type { DevReport } from './dev-report.ts';
import { awaitServing } from './rollout.ts';
import { refuseFaulty } from './service-folder.ts';
import type { Session } from './session.ts';

export interface DevServiceOptions {
  readonly session: Session;
  readonly client: SlipwayClient;
  readonly folder: string;
  readonly report: DevReport;
  readonly replicas: number | undefined;
  /** Called once, when the task is there. */
  readonly created: (task: string) => void;
}

/** A reload is waited for closely: its time is shown. */
const pollMs = 20;

export class DevService {
  readonly #options: DevServiceOptions;
  /** Stays the same when the name in slipway.json changes: the user looks at this one. */
  #task: string | undefined;
  #digest: string | undefined;
  #serving: string | undefined;
  #python: { readonly range: string; readonly path: string } | undefined;

  constructor(options: DevServiceOptions) {
    this.#options = options;
  }

  /** Checks, packs, deploys and waits; what goes wrong is reported, never thrown. */
  async reload(newer: AbortSignal, savedAt: number): Promise<void> {
    const { session, report } = this.#options;
    const signal = AbortSignal.any([newer, session.signal]);
    try {
      await this.#bringUp(signal, savedAt);
    } catch (error) {
      if (signal.aborted) return;
      // A file was saved while it was packed: the watcher has told, and it begins again.
      if (error instanceof SlipwayError && error.code === 'bundle_digest') return;
      report.failed(error, this.#serving);
    } finally {
      session.progress.end();
    }
  }

  async #bringUp(signal: AbortSignal, savedAt: number): Promise<void> {
    const { session, client, folder, report } = this.#options;
    const { progress, clock } = session;
    progress.step('Checking the service');
    await refuseFaulty(session, folder, 'careful', { signal, python: await this.#parser(signal) });
    const bundle = await packFolder(folder, { signal });
    if (bundle.digest === this.#digest) {
      report.unchanged();
      return;
    }
    await client.upload(bundle, () => undefined, { signal });
    const task = this.#task ?? bundle.manifest.name;
    const settings = { bundle: bundle.digest, ...this.#replicas() };
    // Not aborted by a newer save: whether the version was made must be known.
    const accepted = await this.#update(task, settings);
    this.#digest = bundle.digest;
    if (this.#task === undefined) {
      this.#task = task;
      this.#options.created(task);
    }
    const { version, url } = accepted;
    const wait = { client, task, version, clock, signal, pollMs };
    await awaitServing({ ...wait, progress: (text) => progress.step(text) });
    this.#serving = version;
    report.serving({ task, version, url, ms: clock.monotonic() - savedAt });
  }

  /** Where there is no room for one replica more, the old ones end first: nobody else uses a service under development. */
  async #update(task: string, settings: { bundle: string; replicas?: number }): Promise<DeployAnswer> {
    const { session, client } = this.#options;
    const send = (rollout: { rollout?: RolloutWay }): Promise<DeployAnswer> =>
      createOrUpdate(client, task, { ...settings, ...rollout }, session.signal, 'create');
    try {
      return await send({});
    } catch (error) {
      const full = error instanceof SlipwayError && error.code === 'rollout_no_room' ? error.choices : [];
      const way = RolloutWay.options.find((one) => one !== 'wait' && full.some(({ value }) => value === one));
      if (way === undefined) throw error;
      session.progress.step(`There is no room for one replica more: the update goes on ${way}`);
      return send({ rollout: way });
    }
  }

  /** The interpreter that parses the main file. Looking for one takes longer than a reload should. */
  async #parser(signal: AbortSignal): Promise<string | undefined> {
    try {
      const { python: range } = await readManifest(this.#options.folder);
      if (this.#python?.range !== range) this.#python = { range, path: (await findPython(range, { signal })).path };
      return this.#python.path;
    } catch {
      // The check tells what is wrong.
      return undefined;
    }
  }

  #replicas(): { replicas?: number } {
    const { replicas } = this.#options;
    return replicas === undefined ? {} : { replicas };
  }
}
