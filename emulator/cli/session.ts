// One run of a verb: where it writes, what was asked of every verb, and how it reaches a platform.
import type { PlatformInfo } from '../../schemas/platform.ts';
import { connect, findPlatform, startPlatform } from '../client/local-platform.ts';
import type { SlipwayClient } from '../client/client.ts';
import { remoteClient, Remotes } from '../client/remotes.ts';
import { Closer } from '../common/closing.ts';
import { systemClock, type Clock } from '../common/clock.ts';
import { SlipwayError } from '../common/errors.ts';
import type { Home } from '../common/home.ts';
import { ansiPaint, noPaint, type Paint } from './paint.ts';
import { Progress } from './progress.ts';
import { renderTable, type Cell, type Column } from './table.ts';
import { wantsColour, widthOf, type Terminal } from './terminal.ts';

export interface SessionOptions {
  readonly terminal: Terminal;
  readonly home: Home;
  readonly format: 'text' | 'json';
  readonly detail: 'plain' | 'verbose';
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** Name of the remote that is meant instead of the local platform. */
  readonly remote?: string | undefined;
}

export interface Connection {
  readonly client: SlipwayClient;
  readonly info: Pick<PlatformInfo, 'control' | 'inference'>;
  /** What the certificates of a remote are checked against, in PEM. */
  readonly ca?: string | undefined;
}

export class Session {
  readonly terminal: Terminal;
  readonly home: Home;
  readonly json: boolean;
  readonly detail: 'plain' | 'verbose';
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly remote: string | undefined;
  /** Colour for stdout. */
  readonly paint: Paint;
  /** Colour for stderr. */
  readonly paintError: Paint;
  readonly progress: Progress;
  /** Closed when the verb has ended. */
  readonly closer = new Closer();

  constructor(options: SessionOptions) {
    const { terminal } = options;
    this.terminal = terminal;
    this.home = options.home;
    this.json = options.format === 'json';
    this.detail = options.detail;
    this.signal = options.signal;
    this.clock = options.clock ?? systemClock;
    this.remote = options.remote;
    this.paint = wantsColour(terminal.stdout, terminal.env) ? ansiPaint : noPaint;
    this.paintError = wantsColour(terminal.stderr, terminal.env) ? ansiPaint : noPaint;
    this.progress = new Progress(terminal.stderr, this.paintError);
    this.closer.defer(() => this.progress.end());
  }

  /** The outcome: one line of JSON with --json, else the lines for people. */
  print(value: unknown, lines: () => readonly string[]): void {
    this.progress.end();
    if (this.json) this.terminal.stdout.write(`${JSON.stringify(value)}\n`);
    else for (const line of lines()) this.terminal.stdout.write(`${line}\n`);
  }

  /** A remark on stderr, in both formats. */
  say(line: string): void {
    this.progress.say(line);
  }

  table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
    return renderTable(columns, rows, widthOf(this.terminal.stdout), this.paint);
  }

  /** @throws SlipwayError `platform_not_running`, `remote_not_found`, `unauthorized` */
  async connect(): Promise<Connection> {
    if (this.remote !== undefined) return this.connectRemote(this.remote);
    const info = await findPlatform(this.home);
    if (info === undefined) throw new SlipwayError('platform_not_running', 'No local platform is running.');
    return { client: this.closer.add(await connect(info)), info };
  }

  /** Like `connect`, but starts a platform that stays when there is none. */
  async connectOrStart(): Promise<Connection> {
    if (this.remote !== undefined) return this.connectRemote(this.remote);
    const found = await findPlatform(this.home);
    if (found !== undefined) return { client: this.closer.add(await connect(found)), info: found };
    this.progress.step('No local platform is running: starting one');
    const info = await startOrJoin(this);
    this.say(`Local platform started at ${info.inference} (stop it with \`slipway down\`)`);
    return { client: this.closer.add(await connect(info)), info };
  }

  /** @throws SlipwayError `remote_not_found`, `unauthorized` */
  async connectRemote(name: string): Promise<Connection> {
    const remotes = new Remotes(this.home);
    const remote = await remotes.get(name);
    // An editor keeps tokens in its own secret storage, and hands one over for one command.
    const token = this.terminal.env['SLIPWAY_TOKEN'] || (await remotes.token(name));
    const client = this.closer.add(remoteClient(remote, token));
    const { inference } = remote.inference === undefined ? await client.call('getPlatform', {}, this) : remote;
    return { client, info: { control: remote.url, inference: inference ?? remote.url }, ca: remote.ca };
  }
}

/** Two commands may start a platform at the same moment: the one that comes second uses the first one's. */
async function startOrJoin(session: Session): Promise<Pick<PlatformInfo, 'control' | 'inference' | 'tokenFile'>> {
  try {
    return await startPlatform({ home: session.home, life: 'detached', signal: session.signal });
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'platform_running') throw error;
    const found = await findPlatform(session.home);
    if (found === undefined) throw error;
    return found;
  }
}
