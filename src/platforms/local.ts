// The local platform of this machine: found where another window or terminal started it, or started here on a lifeline,
// by the editor's own Node.
import { join } from 'node:path';
import { l10n, type Disposable } from 'vscode';
import { packageRoot, toSlipwayError, type SlipwayError, type Home } from '../../emulator/client/edge.ts';
import {
  connect,
  findPlatform,
  startPlatform,
  stopPlatform,
  type ReadyLine,
} from '../../emulator/client/local-platform.ts';
import { EditorError } from '../told.ts';
import { childEnvironment } from './child-environment.ts';
import { currentHome } from './current-home.ts';
import type { HomeWatch } from './home-watch.ts';
import { readSettings } from './settings.ts';
import { WatchedPlatform, type Connected } from './watched-platform.ts';

export class LocalPlatform implements Disposable {
  readonly platform = new WatchedPlatform({ name: 'local', kind: 'local' });
  readonly #watch: HomeWatch;
  #looking: Promise<void> | undefined;
  #lookAgain = false;

  constructor(watch: HomeWatch) {
    this.#watch = watch;
    watch.onDidChange((name) => {
      if (name === undefined || this.home.info.endsWith(name)) void this.look();
    });
  }

  get home(): Home {
    return currentHome();
  }

  /** Takes up a platform that runs; many calls at once are one. */
  async look(): Promise<void> {
    this.#lookAgain = true;
    this.#looking ??= (async () => {
      while (this.#lookAgain) {
        this.#lookAgain = false;
        await this.#lookOnce();
      }
    })().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** The platform that runs, or a new one that ends with its last user. @throws SlipwayError why it does not start */
  async ensure(signal?: AbortSignal): Promise<void> {
    await this.look();
    if (this.platform.standing.state === 'ready') return;
    const { home } = this;
    const settings = readSettings();
    this.platform.stand({ state: 'connecting' });
    try {
      const started = await startPlatform({
        home,
        life: 'tied',
        command: [process.execPath, join(packageRoot, 'dist', 'platform.js')],
        env: childEnvironment(settings),
        ...(settings.nodes === '' ? {} : { nodes: settings.nodes }),
        ...(signal === undefined ? {} : { signal }),
      });
      this.#watch.begin();
      await this.platform.follow(await connected(started));
    } catch (error) {
      const failure = toSlipwayError(error);
      this.platform.stand({ state: 'off' });
      // Another window was faster.
      if (failure.code === 'platform_running') await this.look();
      if (!this.#isReady()) throw failure;
    }
  }

  /** @throws SlipwayError `platform_unreachable` when it does not end */
  async stop(): Promise<void> {
    await stopPlatform(this.home, { force: 'kill', timeoutMs: 10_000 });
    this.platform.stand({ state: 'off' });
  }

  dispose(): void {
    this.platform.dispose();
  }

  #isReady(): boolean {
    return this.platform.standing.state === 'ready';
  }

  async #lookOnce(): Promise<void> {
    if (this.#isReady()) return;
    try {
      const info = await findPlatform(this.home);
      if (info === undefined) {
        if (this.platform.standing.state !== 'off') this.platform.stand({ state: 'off' });
        return;
      }
      await this.platform.follow(await connected(info));
    } catch (error) {
      this.platform.stand({ state: 'failed', error: toSlipwayError(error) });
    }
  }
}

/** @throws SlipwayError platform_unreachable, unauthorized */
async function connected(info: ReadyLine): Promise<Connected> {
  const client = await connect(info);
  try {
    return { client, about: await client.call('getPlatform', {}), inference: info.inference };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** What is wrong when somebody needs the local platform and none runs. */
export const notRunning = (): SlipwayError =>
  new EditorError('platform_not_running', l10n.t('No local platform is running.'), {
    hint: l10n.t('Run a service locally, or start the platform from the Tasks view.'),
  });
