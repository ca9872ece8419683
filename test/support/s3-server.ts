// A real S3-compatible server of a test's own, with one bucket: a gateway from S3 to a folder, built from Go modules
// once and kept in .build. It checks signatures and digests as any such store does.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before } from 'mocha';
import { packageRoot } from '../../emulator/common/assets.ts';
import { freePorts } from './free-ports.ts';
import { until } from './waiting.ts';

const execute = promisify(execFile);
const support = join(packageRoot, 'test', 'support');
const program = join(packageRoot, '.build', 's3', 'versitygw');

export interface S3Place {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Started before the tests of the group that calls this, and ended after them. @param host where it listens */
export function useS3Server(host = '127.0.0.1'): () => S3Place {
  let server: S3Server | undefined;
  before(async function () {
    // It is built here where it is not there yet.
    this.timeout(600_000);
    server = await S3Server.start(host);
  });
  after(() => server?.close());
  return () => server!.place;
}

class S3Server {
  readonly place: S3Place;
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(place: S3Place, folder: string, child: ChildProcess) {
    this.place = place;
    this.#folder = folder;
    this.#child = child;
    this.#ended = once(child, 'exit');
  }

  static async start(host: string): Promise<S3Server> {
    if (!existsSync(program)) await execute('bash', [join(support, 's3', 'build'), program], { maxBuffer: 1 << 26 });
    const folder = await mkdtemp(join(tmpdir(), 'slipway-s3-'));
    const [port] = await freePorts(1);
    const place = {
      endpoint: `http://${host}:${port}`,
      ...{ bucket: 'bundles', region: 'eu-test-1', accessKeyId: 'test', secretAccessKey: 'secret-of-the-test' },
    };
    const root = join(folder, 'root');
    await mkdir(join(root, place.bucket), { recursive: true });
    await mkdir(join(folder, 'metadata'));
    const keys = ['--access', place.accessKeyId, '--secret', place.secretAccessKey, '--region', place.region];
    const words = [
      ...keys,
      '--port',
      `${host}:${port}`,
      '--quiet',
      'posix',
      '--sidecar',
      join(folder, 'metadata'),
      root,
    ];
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
    const server = new S3Server(place, folder, child);
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the S3 server ended with ${child.exitCode}`);
      return fetch(place.endpoint).then(
        () => true,
        () => false,
      );
    }, 30_000).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    return server;
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
