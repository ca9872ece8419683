// The remotes of a user, in <home>/remotes.json, and a token for each in a private file of its own. The editor keeps
// tokens in its own secret storage and uses the rest.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Remote, RemoteName, RemotesFile } from '../../schemas/remotes.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Home } from '../common/home.ts';
import { randomHex } from '../common/random.ts';
import { SlipwayClient } from './client.ts';
import { parseJson } from './http.ts';
import { refusePlainText } from './trust.ts';

export interface NamedRemote extends Remote {
  readonly name: RemoteName;
}

export class Remotes {
  readonly #home: Pick<Home, 'root' | 'remotes' | 'remoteTokens'>;

  constructor(home: Pick<Home, 'root' | 'remotes' | 'remoteTokens'>) {
    this.#home = home;
  }

  /** By name. @throws SlipwayError state_corrupt */
  async list(): Promise<NamedRemote[]> {
    const { remotes } = await this.#read();
    return Object.entries(remotes)
      .map(([name, remote]) => ({ name, ...remote }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** @throws SlipwayError remote_not_found */
  async get(name: string): Promise<NamedRemote> {
    const remote = (await this.#read()).remotes[name];
    if (remote === undefined) throw new SlipwayError('remote_not_found', `There is no remote "${name}".`);
    return { name, ...remote };
  }

  /** @throws SlipwayError usage, remote_exists, tls_required for http to another machine */
  async add(name: string, remote: Remote): Promise<NamedRemote> {
    const named = RemoteName.safeParse(name);
    if (!named.success) throw new SlipwayError('usage', `"${name}" cannot name a remote: ${messageOf(named.error)}.`);
    const parsed = Remote.safeParse({ ...remote, url: new URL(remote.url).origin });
    if (!parsed.success) throw new SlipwayError('usage', `The remote is not right: ${messageOf(parsed.error)}.`);
    refusePlainText(new URL(parsed.data.url));
    const file = await this.#read();
    if (file.remotes[name] !== undefined)
      throw new SlipwayError('remote_exists', `There is a remote "${name}" already.`);
    await this.#write({ ...file, remotes: { ...file.remotes, [name]: parsed.data } });
    return { name, ...parsed.data };
  }

  /** Its token goes too. @throws SlipwayError remote_not_found */
  async remove(name: string): Promise<void> {
    const file = await this.#read();
    if (file.remotes[name] === undefined) throw new SlipwayError('remote_not_found', `There is no remote "${name}".`);
    const { [name]: _, ...remotes } = file.remotes;
    await rm(this.#tokenPath(name), { force: true });
    await this.#write({ ...file, remotes });
  }

  /** @throws SlipwayError unauthorized when nobody logged in */
  async token(name: string): Promise<string> {
    try {
      return (await readFile(this.#tokenPath(name), 'utf8')).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new SlipwayError('unauthorized', `There is no token for the remote "${name}".`, {
        hint: `Give it one with \`slipway login ${name}\`.`,
      });
    }
  }

  async keepToken(name: string, token: string): Promise<void> {
    await mkdir(this.#home.remoteTokens, { recursive: true, mode: 0o700 });
    await replace(this.#tokenPath(name), `${token}\n`);
  }

  #tokenPath(name: string): string {
    return join(this.#home.remoteTokens, RemoteName.parse(name));
  }

  async #read(): Promise<RemotesFile> {
    let text: string;
    try {
      text = await readFile(this.#home.remotes, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, remotes: {} };
      throw error;
    }
    const file = RemotesFile.safeParse(parseJson(text));
    if (file.success) return file.data;
    throw new SlipwayError('state_corrupt', `${this.#home.remotes} is damaged: ${messageOf(file.error)}.`, {
      hint: 'Mend it, or move it away and add the remotes again.',
    });
  }

  async #write(file: RemotesFile): Promise<void> {
    await mkdir(this.#home.root, { recursive: true, mode: 0o700 });
    await replace(this.#home.remotes, `${JSON.stringify(file, undefined, 2)}\n`);
  }
}

/** A client of a remote. The token goes to this URL and nowhere else: redirects are refused. */
export function remoteClient(remote: Remote, token: string): SlipwayClient {
  return new SlipwayClient({ control: remote.url, token, ca: remote.ca });
}

function messageOf(error: { readonly issues: readonly { readonly message: string }[] }): string {
  return error.issues[0]?.message ?? 'it does not fit its schema';
}

async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomHex(4)}`;
  await writeFile(beside, text, { mode: 0o600 });
  await rename(beside, path);
}
