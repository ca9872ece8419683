// A registry of images for tests: a real one, on the loopback address, that wants a login.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { until } from './waiting.ts';

export const registryUser = { name: 'ada', password: 'open sesame' };
/** The same, as htpasswd writes it (bcrypt). */
const passwordLine = 'ada:$2b$05$qJ2bwHA0jci5p4tQYbEEg.vLYTmddZi.2WwQ26KsslPAlOmGrDutK';

/** Why there can be none here; undefined when there can. */
export function registryMissing(): string | undefined {
  try {
    execFileSync('sh', ['-c', 'command -v docker-registry'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'docker-registry is not installed (apt-get install docker-registry)';
  }
}

export class ImageRegistry {
  readonly host: string;
  readonly #process: ChildProcess;

  private constructor(host: string, process: ChildProcess) {
    this.host = host;
    this.#process = process;
  }

  /** @param folder an empty one, for its data */
  static async start(folder: string): Promise<ImageRegistry> {
    const [port] = (await freePorts(1)) as [number];
    const host = `127.0.0.1:${port}`;
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'htpasswd'), `${passwordLine}\n`);
    const config = {
      version: 0.1,
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: host },
      auth: { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } },
    };
    // JSON is YAML.
    await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
    const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
    const registry = new ImageRegistry(host, child);
    await until(async () => (await registry.#ask('/v2/').catch(() => undefined))?.status === 200, 20_000);
    return registry;
  }

  /** Digest of a manifest that is there; undefined for one that is not. */
  async digestOf(repository: string, tag: string): Promise<string | undefined> {
    const answer = await this.#ask(`/v2/${repository}/manifests/${tag}`);
    return answer.status === 200 ? (answer.headers.get('docker-content-digest') ?? undefined) : undefined;
  }

  close(): void {
    this.#process.kill('SIGKILL');
  }

  #ask(path: string): Promise<Response> {
    const { name, password } = registryUser;
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
    const accept = 'application/vnd.docker.distribution.manifest.v2+json';
    return fetch(`http://${this.host}${path}`, { headers: { authorization, accept } });
  }
}
