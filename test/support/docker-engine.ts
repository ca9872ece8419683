// A private Docker Engine for tests: its own socket, data, bridge and process; never the machine's own. Linux, as root.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { randomHex } from '../../emulator/common/random.ts';
import { until } from './waiting.ts';

export interface DockerEngineOptions {
  /** Further arguments of dockerd, such as a TCP address with TLS. */
  readonly args?: readonly string[];
  /** containerd is a process of its own, as system services have it: the end of dockerd does not end it. */
  readonly apart?: boolean;
}

const startMs = 60_000;

/** Why no Engine can be started here; undefined when one can. */
export function dockerMissing(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a private Docker Engine needs Linux and root';
  for (const program of ['dockerd', 'debootstrap', 'iptables', 'ip']) {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    } catch {
      return `${program} is not installed (apt-get install docker.io debootstrap iptables iproute2)`;
    }
  }
  return undefined;
}

export class DockerEngine {
  readonly docker: Docker;
  readonly socket: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly #bridge: Bridge;
  readonly #apart: boolean;
  #daemon: ChildProcess | undefined;
  #containerd: ChildProcess | undefined;

  private constructor(folder: string, options: DockerEngineOptions) {
    this.#folder = folder;
    this.#args = options.args ?? [];
    this.#apart = options.apart ?? false;
    this.socket = join(folder, 'docker.sock');
    this.docker = new Docker({ socketPath: this.socket });
    this.#bridge = new Bridge();
  }

  static async start(options: DockerEngineOptions = {}): Promise<DockerEngine> {
    const engine = new DockerEngine(mkdtempSync(join(tmpdir(), 'dkr-')), options);
    try {
      await engine.up();
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** Starts the daemon; also again after `down`. */
  async up(): Promise<void> {
    const folder = this.#folder;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'daemon.json'), '{}');
    if (this.#apart && this.#containerd === undefined) this.#startContainerd();
    const log = openSync(join(folder, 'dockerd.log'), 'a');
    const flags = [
      ...['--config-file', join(folder, 'daemon.json'), '--host', `unix://${this.socket}`],
      ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid')],
      // Rules of the firewall are set here and for our bridge alone: two daemons that do it undo each other's.
      ...['--bridge', this.#bridge.name, '--iptables=false', '--ip6tables=false'],
      ...[
        '--containerd-namespace',
        this.#bridge.name,
        '--containerd-plugins-namespace',
        `${this.#bridge.name}-plugins`,
      ],
      ...(this.#apart ? ['--containerd', this.#containerdSocket] : []),
      ...this.#args,
    ];
    // A session of its own: Ctrl-C is for the tests, which end it in order.
    const daemon = spawn('dockerd', flags, { stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    this.#daemon = daemon;
    await until(async () => {
      if (daemon.exitCode !== null) throw new Error(`dockerd ended:\n${this.log()}`);
      return (await this.docker.ping().catch(() => undefined)) !== undefined;
    }, startMs);
  }

  /** Ends the daemon, and with it all containers: in order, or as a crash does. */
  async down(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const daemon = this.#daemon;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await ended;
  }

  get #containerdSocket(): string {
    return join(this.#folder, 'containerd.sock');
  }

  #startContainerd(): void {
    const folder = this.#folder;
    const config = join(folder, 'containerd.toml');
    writeFileSync(config, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
    const places = ['--root', join(folder, 'containerd'), '--state', join(folder, 'exec', 'containerd')];
    const flags = ['--config', config, '--address', this.#containerdSocket, ...places];
    this.#containerd = spawn('containerd', flags, { stdio: 'ignore', detached: true });
  }

  /** The end of what the daemon wrote. */
  log(): string {
    return readFileSync(join(this.#folder, 'dockerd.log'), 'utf8').slice(-4000);
  }

  async close(): Promise<void> {
    for (const { Id } of await this.docker.listContainers({ all: true }).catch(() => [])) {
      await this.docker
        .getContainer(Id)
        .remove({ force: true })
        .catch(() => undefined);
    }
    await this.down();
    await endOf(this.#containerd);
    this.#bridge.remove();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function endOf(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** A bridge with a free subnet, and the rules that let its containers out. */
class Bridge {
  readonly name = `slt${randomHex(4)}`;
  readonly #rules: readonly (readonly string[])[];

  constructor() {
    const subnet = freeSubnet();
    execFileSync('ip', ['link', 'add', this.name, 'type', 'bridge']);
    execFileSync('ip', ['addr', 'add', `${subnet}.1/24`, 'dev', this.name]);
    execFileSync('ip', ['link', 'set', this.name, 'up']);
    this.#rules = [
      ['nat', 'POSTROUTING', '-s', `${subnet}.0/24`, '!', '-o', this.name, '-j', 'MASQUERADE'],
      ['filter', 'FORWARD', '-i', this.name, '-j', 'ACCEPT'],
      ['filter', 'FORWARD', '-o', this.name, '-j', 'ACCEPT'],
    ];
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
    for (const [table, chain, ...rule] of this.#rules) iptables('-t', table!, '-I', chain!, ...rule);
  }

  remove(): void {
    try {
      for (const [table, chain, ...rule] of this.#rules) iptables('-t', table!, '-D', chain!, ...rule);
      execFileSync('ip', ['link', 'delete', this.name]);
    } catch {
      // Gone with the machine's own clean-up.
    }
  }
}

function iptables(...args: readonly string[]): void {
  execFileSync('iptables', ['--wait', '10', ...args]);
}

/** The first three numbers of a subnet that no interface has. */
function freeSubnet(): string {
  const taken = execFileSync('ip', ['-o', '-4', 'addr'], { encoding: 'utf8' });
  for (;;) {
    const subnet = `10.${String(200 + Math.floor(Math.random() * 50))}.${String(Math.floor(Math.random() * 250))}`;
    if (!taken.includes(`${subnet}.`)) return subnet;
  }
}
