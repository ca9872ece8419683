// A service that is an HTTP server itself, on a real platform: passed through, streamed, upgraded, restarted.
import assert from 'node:assert/strict';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { ask, errorCodeOf, sendRaw } from '../../support/raw-http.ts';
import { onPlatform, type TaskPlatform } from '../../support/task-platform.ts';
import { until } from '../../support/waiting.ts';

const fixture = join(packageRoot, 'test', 'fixtures', 'services', 'own-server');

interface Told {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly pid: number;
  readonly arguments: readonly string[];
  /** What HOST and PORT are. */
  readonly place: readonly [string, string];
}

const upgradeHead = (port: number, more = ''): string =>
  `GET /chat/socket HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
  `sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;

/** One masked text frame of up to 125 bytes; the mask is zero. */
const frame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

function stream(port: number, path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, agent: false }, resolve).on('error', reject).end();
  });
}

async function passes({ port }: TaskPlatform): Promise<void> {
  const answer = await ask(
    port,
    '/chat/any/%2e%2e/path?a=1&b=%20',
    'body',
    { 'x-mine': 'kept', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', te: 'trailers' },
    'PUT',
  );
  const told = JSON.parse(answer.body) as Told;
  assert.deepEqual([told.method, told.path, told.body], ['PUT', '/any/%2e%2e/path?a=1&b=%20', 'body']);
  const [host, itsPort] = told.place;
  assert.deepEqual(told.arguments, ['--port', itsPort, `--listen=${host}:${itsPort}`, '$PORTS $HOME']);
  assert.equal(told.headers['x-mine'], 'kept');
  assert.match(told.headers['traceparent']!, /^00-0af7/);
  assert.equal(told.headers['te'], undefined);
  assert.deepEqual(
    ['x-forwarded-for', 'x-forwarded-prefix', 'x-forwarded-proto'].map((name) => told.headers[name]),
    ['127.0.0.1', '/chat', 'http'],
  );
  assert.equal(answer.headers['x-chat'], 'yes');
  assert.equal(answer.headers['x-slipway-version'], 'v1');
  assert.equal((JSON.parse((await ask(port, '/chat', 'x')).body) as Told).path, '/');
  assert.equal(errorCodeOf(await ask(port, '/chat/x', Buffer.alloc(2 << 20))), 'request_too_large');
  assert.equal(errorCodeOf(await ask(port, '/v2/models/chat/infer', '{}')), 'route_not_found');
  assert.equal(
    errorCodeOf(await ask(port, '/chat/slow?seconds=2', undefined, { 'x-slipway-timeout-ms': '200' }, 'GET')),
    'deadline_exceeded',
  );
}

async function balances({ port }: TaskPlatform): Promise<void> {
  const pids = new Set<number>();
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(port, '/chat/x', 'x')));
  for (const { body } of answers) pids.add((JSON.parse(body) as Told).pid);
  assert.equal(pids.size, 2, 'both replicas get some');
}

async function streams({ port }: TaskPlatform): Promise<void> {
  const events = await stream(port, '/chat/events?count=3&pause=0.2');
  assert.equal(events.headers['content-type'], 'text/event-stream');
  const chunks: string[] = [];
  for await (const chunk of events as AsyncIterable<Buffer>) chunks.push(chunk.toString());
  assert.ok(chunks.length >= 3, 'each event is passed on at once');
  assert.match(chunks.join(''), /token 0\n\nid: 1\ndata: token 1\n\nid: 2/);
}

/** F10: the reader of a stream leaves; the service notices, and nothing is left. */
async function leaves(platform: TaskPlatform): Promise<void> {
  const events = await stream(platform.port, '/chat/events?count=100000&pause=0.01');
  await new Promise((resolve) => events.once('data', resolve));
  events.destroy();
  await until(async () => {
    const { versions } = (await platform.slipway('status', 'chat')) as {
      versions: { load: { concurrency: number } }[];
    };
    return versions[0]?.load.concurrency === 0;
  });
}

async function upgrades({ port }: TaskPlatform): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  let got = Buffer.alloc(0);
  socket.on('data', (chunk) => (got = Buffer.concat([got, chunk])));
  socket.write(upgradeHead(port));
  await until(() => got.includes('\r\n\r\n'));
  assert.match(got.toString('latin1'), /^HTTP\/1.1 101 /);
  assert.match(got.toString('latin1'), /s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
  socket.write(frame('hello'));
  await until(() => got.includes('echo hello'));
  socket.destroy();
  // F12: pages of other sites, also those without a name, and names that are not ours.
  for (const header of ['origin: http://evil.example', 'origin: null', 'sec-fetch-site: cross-site']) {
    assert.match(await sendRaw(port, upgradeHead(port, `${header}\r\n`)), /^HTTP\/1.1 403 .*forbidden_origin/s, header);
  }
  const rebound = upgradeHead(port).replace(/host: .*\r\n/, 'host: evil.example\r\n');
  assert.match(await sendRaw(port, rebound), /^HTTP\/1.1 403 /);
  const nowhere = upgradeHead(port).replace('/chat/socket', '/nobody/socket');
  assert.match(await sendRaw(port, nowhere), /^HTTP\/1.1 404 .*task_not_found/s);
  // An offer of HTTP/2 is not taken up, and the request is answered all the same.
  const offer = `POST /chat/x HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n`;
  const taken = await sendRaw(port, `${offer}http2-settings: AAMAAABk\r\ncontent-length: 4\r\n\r\nbody`, 1000);
  assert.match(taken, /^HTTP\/1.1 200 .*"body": "body"/s);
}

async function survives({ port }: TaskPlatform): Promise<void> {
  const lost = await ask(port, '/chat/exit', undefined, {}, 'GET');
  assert.equal(errorCodeOf(lost), 'replica_lost');
  for (let i = 0; i < 20; i++) assert.equal((await ask(port, '/chat/x', 'x')).status, 200);
  await until(async () => (await ask(port, '/chat/health', undefined, {}, 'GET')).status === 200);
}

describe('a service that brings its own server', () => {
  it('gets what is asked under its task: F10 and F12 included, streams and WebSocket too', () =>
    onPlatform(async (platform) => {
      assert.deepEqual(await platform.slipway('check', fixture), { findings: [], ok: true });
      await platform.slipway('deploy', fixture);
      await passes(platform);
      await balances(platform);
      await streams(platform);
      await leaves(platform);
      await upgrades(platform);
      await survives(platform);
      await platform.slipway('update', 'chat', fixture);
      assert.equal((await ask(platform.port, '/chat/x', 'x')).headers['x-slipway-version'], 'v2');
    })).timeout(180_000);
});
