// Requests to services that are servers themselves, through the gateway, against servers in this process that behave as asked.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, request, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, it } from 'mocha';
import { GatewayBench, type GatewayBenchOptions } from '../../support/gateway-bench.ts';
import { ask, errorCodeOf, type Answer } from '../../support/raw-http.ts';
import { until } from '../../support/waiting.ts';

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function bodyOf(message: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('Pass-through', () => {
  let bench: GatewayBench;
  const servers: { server: Server; sockets: Set<Socket> }[] = [];

  async function listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    servers.push({ server, sockets });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  const serve = (listener: RequestListener): Promise<number> => listen(createHttpServer(listener));
  const start = async (ports: readonly number[], options: GatewayBenchOptions = {}): Promise<void> => {
    const manifest = { server: { command: ['serve'], maxRequests: 100 }, ...options.manifest };
    bench = await GatewayBench.start({ servers: ports, expected: true, ...options, manifest });
    await until(async () => (await ask(bench.port, '/v2/models/echo/ready', undefined, {}, 'GET')).status === 200);
  };

  afterEach(async () => {
    await bench.close();
    for (const { server, sockets } of servers.splice(0)) {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  it('carries bodies of every size and framing, both ways', async () => {
    const port = await serve((incoming, response) => {
      void bodyOf(incoming).then((body) => {
        response.setHeader(
          'x-framing',
          incoming.headers['transfer-encoding'] ?? incoming.headers['content-length'] ?? '',
        );
        if (incoming.url === '/chunked') response.write(body.subarray(0, body.length / 2));
        response.end(incoming.url === '/chunked' ? body.subarray(body.length / 2) : body);
      });
    });
    await start([port]);
    for (const bytes of [0, 1, 4096, 4097, 65_536, 65_537, 3_000_000]) {
      for (const chunked of [false, true]) {
        const sent = randomBytes(bytes);
        const headers = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': bytes };
        const path = chunked ? '/echo/chunked' : '/echo/plain';
        const asked = request({ port: bench.port, host: '127.0.0.1', path, method: 'POST', headers, agent: false });
        for (let at = 0; at < bytes; at += 50_000) asked.write(sent.subarray(at, at + 50_000));
        asked.end();
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        assert.equal(digest(await bodyOf(answer)), digest(sent), `${bytes} bytes`);
        assert.equal(answer.headers['x-framing'], chunked && bytes > 0 ? 'chunked' : String(bytes), `${bytes} bytes`);
      }
    }
  });

  it('keeps what headers say and drops what is about the connection', async () => {
    const port = await serve((incoming, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.writeHead(203, 'As told', [
        ...['set-cookie', 'a=1', 'set-cookie', 'b=2', 'connection', 'x-private', 'x-private', 'mine'],
        ...['x-name', 'caf\u00e9', 'x-told', JSON.stringify(incoming.headers)],
      ]);
      response.end('x');
    });
    await start([port]);
    const answer = await ask(bench.port, '/echo/a', 'body', {
      ...{ connection: 'close, x-secret', 'x-secret': 'of the hop', 'x-kept': 'yes', 'x-forwarded-for': '10.0.0.1' },
      ...{ 'x-slipway-timeout-ms': '1000', 'accept-encoding': 'gzip' },
    });
    assert.equal(answer.status, 203);
    assert.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(answer.headers['x-private'], undefined);
    assert.equal(answer.headers['x-name'], 'caf\u00e9');
    const told = JSON.parse(String(answer.headers['x-told'])) as Record<string, string>;
    assert.equal(told['x-secret'], undefined);
    assert.equal(told['x-slipway-timeout-ms'], undefined);
    assert.deepEqual([told['x-kept'], told['accept-encoding']], ['yes', 'gzip']);
    assert.equal(told['x-forwarded-for'], '10.0.0.1, 127.0.0.1');
    assert.equal(told['host'], `127.0.0.1:${bench.port}`);
  });

  it('leads redirects of the service to where the client finds them', async () => {
    const port = await serve((incoming, response) => {
      const location = decodeURIComponent(incoming.url!.slice(1)).replace('HOST', incoming.headers.host!);
      response.writeHead(307, { location }).end();
    });
    await start([port]);
    const own = `http://127.0.0.1:${bench.port}`;
    for (const [told, seen] of [
      ['/next?a=1', '/echo/next?a=1'],
      ['/echo/next', '/echo/next'],
      ['/echoes', '/echo/echoes'],
      ['next', 'next'],
      ['?page=2', '?page=2'],
      ['//other.example/x', '//other.example/x'],
      ['https://other.example/x', 'https://other.example/x'],
      ['http://HOST/next', `${own}/echo/next`],
      ['http://HOST', `${own}/echo`],
      ['http://HOST/echo/next', `${own}/echo/next`],
    ] as const) {
      const path = `/echo/${encodeURIComponent(told)}`;
      assert.equal((await ask(bench.port, path, undefined, {}, 'GET')).headers.location, seen, told);
    }
    const path = `/echo@v1/${encodeURIComponent('/next')}`;
    assert.equal((await ask(bench.port, path, undefined, {}, 'GET')).headers.location, '/echo@v1/next');
  });

  it('answers HEAD, 204 and 304 without a body, and takes the next request on the same connection', async () => {
    const port = await serve((incoming, response) => {
      const status = Number(incoming.url!.slice(1));
      response.writeHead(status, status === 200 ? { 'content-length': 1000 } : {}).end();
    });
    await start([port]);
    const socket = connect(bench.port, '127.0.0.1');
    let got = '';
    socket.on('data', (chunk: Buffer) => (got += chunk.toString('latin1')));
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
      ['GET', 304],
      ['HEAD', 200],
    ] as const) {
      got = '';
      socket.write(`${method} /echo/${status} HTTP/1.1\r\nhost: 127.0.0.1:${bench.port}\r\n\r\n`);
      await until(() => got.endsWith('\r\n\r\n'));
      assert.match(got, new RegExp(`^HTTP/1.1 ${status} `));
    }
    socket.destroy();
  });

  it('asks another replica when one refuses the connection, with the whole body', async () => {
    const gone = createServer();
    const refused = await listen(gone);
    await start([
      refused,
      await serve((incoming, response) => void bodyOf(incoming).then((body) => response.end(digest(body)))),
    ]);
    gone.close();
    for (const bytes of [10, 300_000]) {
      for (let i = 0; i < 5; i++) {
        const sent = randomBytes(bytes);
        const answer = await ask(bench.port, '/echo/x', sent);
        assert.deepEqual([answer.status, answer.body], [200, digest(sent)]);
      }
    }
  });

  /** A server that answers `good` requests on each connection and then drops it; `asked` gets the methods. */
  const dropping = (good: number, asked: string[]): Promise<number> =>
    listen(
      createServer((socket) => {
        let served = 0;
        socket.on('data', (chunk: Buffer) => {
          asked.push(chunk.toString('latin1').split(' ')[0]!);
          if (served++ >= good) return void socket.destroy();
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        });
      }),
    );
  const get = (): Promise<Answer> => ask(bench.port, '/echo/x', undefined, {}, 'GET');

  it('asks again when a kept connection ends under a request that may be repeated, and only then', async () => {
    const asked: string[] = [];
    await start([await dropping(1, asked)], { manifest: { idempotent: false } });
    assert.equal((await get()).body, 'ok');
    assert.equal(errorCodeOf(await ask(bench.port, '/echo/x', 'body')), 'replica_lost');
    assert.deepEqual(asked.splice(0), ['GET', 'POST']);
    assert.equal((await get()).body, 'ok');
    assert.equal((await get()).body, 'ok');
    assert.deepEqual(asked, ['GET', 'GET', 'GET']);
  });

  it('sends what was perhaps executed once more when the service is idempotent, within the budget of retries', async () => {
    const asked: string[] = [];
    const good = await serve((_incoming, response) => void response.end('ok'));
    await start([await dropping(0, asked), good]);
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask(bench.port, '/echo/x', 'body')));
    const bodies = answers.map(({ body, status }) =>
      status === 200 ? body : errorCodeOf({ body, status, headers: {} }),
    );
    assert.ok(
      bodies.every((body) => body === 'ok' || body === 'replica_lost'),
      bodies.join(),
    );
    assert.ok(asked.length > 0 && bodies.includes('ok'));
    await bench.close();

    asked.length = 0;
    await start([await dropping(0, asked)]);
    const lost = await Promise.all(Array.from({ length: 10 }, () => ask(bench.port, '/echo/x', 'body')));
    assert.deepEqual(new Set(lost.map(errorCodeOf)), new Set(['replica_lost']));
    assert.equal(asked.length, 13, 'each once, and three of them once more');
  });

  it('passes an answer on that comes before the body is there, and drops the rest of the body', async () => {
    const port = await serve((_incoming, response) => void response.writeHead(413).end('too much'));
    await start([port]);
    const asked = request({ port: bench.port, host: '127.0.0.1', path: '/echo/x', method: 'POST', agent: false });
    asked.on('error', () => undefined);
    asked.write(Buffer.alloc(200_000));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    assert.equal(answer.statusCode, 413);
    assert.equal((await bodyOf(answer)).toString(), 'too much');
    asked.end(Buffer.alloc(200_000));
    await until(() => bench.gateway.load(bench.route.key).concurrency === 0);
  });

  it('F10 ends the request at the service when its client leaves, before and in the middle of the answer', async () => {
    const left: string[] = [];
    const port = await serve((incoming, response) => {
      response.on('close', () => left.push(incoming.url!));
      if (incoming.url === '/streams') response.write('a');
    });
    await start([port]);
    for (const path of ['/streams', '/silent']) {
      const asked = request({ port: bench.port, host: '127.0.0.1', path: `/echo${path}`, agent: false });
      asked.on('error', () => undefined);
      asked.end();
      if (path === '/streams') await once(asked, 'response');
      else await until(() => bench.gateway.load(bench.route.key).concurrency === 1);
      asked.destroy();
      await until(() => left.includes(path));
    }
    await until(() => bench.gateway.load(bench.route.key).concurrency === 0);
  });

  it('cuts the connection when the service ends in the middle of its answer', async () => {
    const port = await serve((_incoming, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    await start([port]);
    await assert.rejects(ask(bench.port, '/echo/x', undefined, {}, 'GET'), /aborted|ECONNRESET/);
  });

  it('F6, F8: refuses a body that stops arriving, short or long, and one that grows past the limit', async () => {
    const port = await serve(
      (incoming, response) =>
        void bodyOf(incoming)
          .then(() => response.end('ok'))
          .catch(() => undefined),
    );
    await start([port], { manifest: { timeouts: { bodyMs: 1_000 }, limits: { maxBodyBytes: 100_000 } } });
    for (const headers of [
      { 'content-length': 100 },
      { 'content-length': 90_000 },
      { 'transfer-encoding': 'chunked' },
    ]) {
      const asked = request({
        port: bench.port,
        host: '127.0.0.1',
        path: '/echo/x',
        method: 'POST',
        headers,
        agent: false,
      });
      asked.on('error', () => undefined);
      asked.write('some');
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      assert.equal(answer.statusCode, 408, JSON.stringify(headers));
      asked.destroy();
    }
    const chunked = { 'transfer-encoding': 'chunked' };
    assert.equal(errorCodeOf(await ask(bench.port, '/echo/x', Buffer.alloc(100_001), chunked)), 'request_too_large');
  });

  it('reads no faster from the service than the client does', async () => {
    let written = 0;
    const port = await serve((_incoming, response) => {
      const more = (): void => {
        while (written < 64) {
          written++;
          if (!response.write(Buffer.alloc(1 << 20))) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    });
    await start([port]);
    const asked = request({ port: bench.port, host: '127.0.0.1', path: '/echo/x', agent: false });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(written < 40, `${written} MiB were taken while nobody read`);
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) bytes += chunk.length;
    assert.equal(bytes, 64 << 20);
  });
});
