// The remotes of this user: their list is shared with the command line, their tokens are in the editor's secret storage.
import { EventEmitter, l10n, type Disposable, type SecretStorage } from 'vscode';
import { SlipwayError, toSlipwayError } from '../../emulator/client/edge.ts';
import { remoteClient, Remotes as RemoteList, type NamedRemote } from '../../emulator/client/remotes.ts';
import { EditorError, toldOf } from '../told.ts';
import { currentHome } from './current-home.ts';
import { WatchedPlatform } from './watched-platform.ts';

const secretKey = (name: string): string => `slipway.token.${name}`;

export class Remotes implements Disposable {
  readonly #secrets: SecretStorage;
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #platforms = new Map<string, { readonly remote: NamedRemote; readonly platform: WatchedPlatform }>();
  #visible = false;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  get all(): readonly WatchedPlatform[] {
    return [...this.#platforms.values()].map(({ platform }) => platform);
  }

  remote(name: string): NamedRemote | undefined {
    return this.#platforms.get(name)?.remote;
  }

  /** Takes the list from the home folder. @throws SlipwayError state_corrupt */
  async read(): Promise<void> {
    const list = await new RemoteList(currentHome()).list();
    for (const [name, { platform }] of [...this.#platforms]) {
      if (list.some((remote) => remote.name === name)) continue;
      platform.dispose();
      this.#platforms.delete(name);
    }
    for (const remote of list) {
      const known = this.#platforms.get(remote.name);
      if (known?.remote.url === remote.url && known.remote.ca === remote.ca) continue;
      known?.platform.dispose();
      const platform = new WatchedPlatform({ name: remote.name, kind: 'remote' });
      platform.onDidChange(() => this.#changed.fire());
      this.#platforms.set(remote.name, { remote, platform });
      if (this.#visible) void this.connect(remote.name);
    }
    this.#changed.fire();
  }

  /** Tries the remote with its token, and keeps both. @throws SlipwayError why it cannot be used */
  async add(name: string, url: string, token: string, signal?: AbortSignal): Promise<void> {
    await tryToken({ name, url }, token, signal);
    await new RemoteList(currentHome()).add(name, { url });
    await this.#secrets.store(secretKey(name), token);
    await this.read();
    await this.connect(name);
  }

  async setToken(name: string, token: string, signal?: AbortSignal): Promise<void> {
    const remote = this.remote(name);
    if (remote === undefined) throw new SlipwayError('remote_not_found', `There is no remote "${name}".`);
    await tryToken(remote, token, signal);
    await this.#secrets.store(secretKey(name), token);
    await this.connect(name);
  }

  async remove(name: string): Promise<void> {
    await new RemoteList(currentHome()).remove(name);
    await this.#secrets.delete(secretKey(name));
    await this.read();
  }

  /** The token of a remote: the editor's, or the one that the command line keeps. @throws SlipwayError unauthorized */
  async token(name: string): Promise<string> {
    const kept = await this.#secrets.get(secretKey(name));
    if (kept !== undefined) return kept;
    return new RemoteList(currentHome()).token(name).catch((error: unknown) => {
      if (toSlipwayError(error).code !== 'unauthorized') throw error;
      throw new EditorError('unauthorized', l10n.t('There is no token for {0}.', name), {
        hint: l10n.t('Ask its administrator for one, and set it in the Remotes view.'),
        cause: error,
      });
    });
  }

  /** Follows a remote; what is wrong becomes its standing. */
  async connect(name: string): Promise<void> {
    const known = this.#platforms.get(name);
    if (known === undefined) return;
    const { remote, platform } = known;
    try {
      const client = remoteClient(remote, await this.token(name));
      const about = await client.call('getPlatform', {}).catch((error: unknown) => {
        throw inWordsOfEditor(name, error);
      });
      await platform.follow({ client, about, inference: remote.inference ?? about.inference });
    } catch (error) {
      platform.stand({ state: 'failed', error: toSlipwayError(error) });
    }
  }

  /** Remotes are followed while somebody can see them. */
  show(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    for (const [name, { platform }] of this.#platforms) {
      if (visible) void this.connect(name);
      else platform.stand({ state: 'off' });
    }
  }

  dispose(): void {
    for (const { platform } of this.#platforms.values()) platform.dispose();
    this.#changed.dispose();
  }
}

async function tryToken(remote: NamedRemote, token: string, signal?: AbortSignal): Promise<void> {
  const client = remoteClient(remote, token);
  try {
    await client.call('whoAmI', {}, signal === undefined ? {} : { signal });
  } catch (error) {
    throw inWordsOfEditor(remote.name, error);
  } finally {
    await client.close();
  }
}

/** Who set a token in an editor sends no headers, and has no log of a platform that runs elsewhere. */
function inWordsOfEditor(name: string, error: unknown): SlipwayError {
  const failure = toSlipwayError(error);
  if (failure.code === 'platform_unreachable') {
    return new EditorError('platform_unreachable', toldOf(failure).message, {
      hint: l10n.t('See that it runs and can be reached from here, then reconnect it in the Remotes view.'),
      cause: failure,
    });
  }
  if (failure.code !== 'unauthorized') return failure;
  return new EditorError('unauthorized', l10n.t('{0} does not know this token, or it was revoked.', name), {
    hint: l10n.t('Ask its administrator for one, and set it in the Remotes view.'),
    cause: failure,
  });
}
