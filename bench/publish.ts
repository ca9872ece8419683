// Publishing a service with a large model again, of which one line of code has changed: what it costs the client and the
// platform, on this machine and by URL. "Theirs" is the same publish with every byte sent.
import { spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { packFolder } from '../emulator/bundle/pack.ts';
import { SlipwayClient } from '../emulator/client/client.ts';
import type { BenchOptions } from './options.ts';
import { cpuSeconds } from './processes.ts';
import { row, type Row } from './row.ts';
import { withServers, type PlatformServer, type Servers } from './servers.ts';

const modelBytes = 1536 * 1024 * 1024;
const shortModelBytes = 64 * 1024 * 1024;
const rounds = 3;
const mebibyte = 1024 * 1024;

interface Cost {
  readonly sentMebibytes: number;
  readonly clientCpuSeconds: number;
  readonly platformCpuSeconds: number;
  readonly seconds: number;
}

const units = {
  sentMebibytes: ['sent', 'MiB'],
  clientCpuSeconds: ['client-cpu', 'CPU s'],
  platformCpuSeconds: ['platform-cpu', 'CPU s'],
  seconds: ['time', 's'],
} as const satisfies Record<keyof Cost, readonly [string, string]>;

export function publish({ short }: BenchOptions): Promise<Row[]> {
  const sockets = new Set<Socket>();
  const sentBytes = (): number => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
  const seen = (message: unknown): void => {
    const { socket } = (message as { readonly request: ClientRequest }).request;
    if (socket !== null) sockets.add(socket);
  };
  subscribe('http.client.request.start', seen);
  return withServers(async (servers) => {
    const service = servers.file('large');
    writeService(service, short ? shortModelBytes : modelBytes);
    const { platform, remote } = await start(servers);
    const local = await servers.client(platform);
    try {
      return [
        ...(await measure('local', { client: local, platform, service, sentBytes, rounds: short ? 1 : rounds })),
        ...(await measure('remote', { client: remote, platform, service, sentBytes, rounds: short ? 1 : rounds })),
      ];
    } finally {
      await local.close();
      await remote.close();
    }
  }).finally(() => unsubscribe('http.client.request.start', seen));
}

/** A platform that listens for other machines too, and a client that comes as they do. */
async function start(servers: Servers): Promise<{ readonly platform: PlatformServer; readonly remote: SlipwayClient }> {
  const [certFile, keyFile] = [servers.file('tls.crt'), servers.file('tls.key')];
  const names = ['-subj', '/CN=slipway-bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const made = spawnSync('openssl', ['req', ...kind, ...names, '-keyout', keyFile, '-out', certFile]);
  if (made.status !== 0) throw new Error('openssl made no certificate');
  const [control, inference] = [await freePort(), await freePort()];
  const listen = ['--listen', `127.0.0.1:${control}`, '--listen-inference-port', String(inference)];
  const platform = await servers.platform({ flags: [...listen, '--tls-cert', certFile, '--tls-key', keyFile] });
  const own = await servers.client(platform);
  const { token } = await own.call('createToken', { body: { name: 'bench', role: 'publisher' } });
  await own.close();
  return {
    platform,
    remote: new SlipwayClient({ control: `https://127.0.0.1:${control}`, token, ca: readFileSync(certFile, 'utf8') }),
  };
}

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

interface Publishing {
  readonly client: SlipwayClient;
  readonly platform: PlatformServer;
  readonly service: string;
  /** By all clients so far. */
  readonly sentBytes: () => number;
  readonly rounds: number;
}

async function measure(place: string, { rounds: count, ...publishing }: Publishing): Promise<Row[]> {
  // The platform has the model afterwards.
  await publishOnce(publishing, `${place} 0`, 'all');
  const pairs: (readonly [Cost, Cost])[] = [];
  for (let round = 1; round <= count; round++) {
    const theirs = await publishOnce(publishing, `${place} ${round} all`, 'all');
    pairs.push([await publishOnce(publishing, `${place} ${round}`, 'missing'), theirs]);
  }
  return (Object.keys(units) as (keyof Cost)[]).map((key) => {
    const [name, unit] = units[key];
    return row(
      `publish-${place}-${name}`,
      unit,
      pairs.map(([ours, theirs]) => [ours[key], theirs[key]] as const),
    );
  });
}

async function publishOnce(
  { client, platform, service, sentBytes }: Omit<Publishing, 'rounds'>,
  line: string,
  sends: 'all' | 'missing',
): Promise<Cost> {
  writeFileSync(join(service, 'main.py'), `${code}\n# ${line}\n`);
  const before = {
    sent: sentBytes(),
    at: performance.now(),
    own: process.cpuUsage(),
    platform: cpuSeconds(platform.pid, 'alone'),
  };
  const packed = await packFolder(service);
  await client.upload(sends === 'all' ? { ...packed, large: [] } : packed);
  const own = process.cpuUsage(before.own);
  const seconds = (performance.now() - before.at) / 1000;
  return {
    sentMebibytes: (sentBytes() - before.sent) / mebibyte,
    clientCpuSeconds: (own.user + own.system) / 1e6,
    platformCpuSeconds: cpuSeconds(platform.pid, 'alone') - before.platform,
    seconds,
  };
}

const code = `class Large:
    def load_model(self):
        pass

    def execute(self, data, batch_size):
        return data
`;

function writeService(folder: string, bytes: number): void {
  mkdirSync(join(folder, 'model'), { recursive: true });
  writeFileSync(join(folder, 'slipway.json'), JSON.stringify({ name: 'large', main: 'main.py' }));
  const file = openSync(join(folder, 'model', 'weights'), 'w');
  const chunk = Buffer.alloc(mebibyte);
  for (let at = 0; at < bytes; at += chunk.length) writeSync(file, randomFillSync(chunk));
  closeSync(file);
}
