// The HTTP side of the gateway against workers in this process: what is accepted, refused, and how.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, it } from 'mocha';
import { errorTable, ProtocolErrorBody } from '../../../schemas/errors.ts';
import { GatewayBench, type GatewayBenchOptions } from '../../support/gateway-bench.ts';
import { ask, errorCodeOf, sendRaw } from '../../support/raw-http.ts';
import { deferred, until } from '../../support/waiting.ts';

describe('Gateway requests', () => {
  let bench: GatewayBench;
  const start = async (options?: GatewayBenchOptions): Promise<GatewayBench> =>
    (bench = await GatewayBench.start(options));
  afterEach(() => bench.close());

  it('answers with the body of the worker and says who answered', async () => {
    await start();
    const answer = await ask(bench.port, '/echo', 'hello', { 'x-request-id': 'abc-1' });
    assert.equal(answer.status, 200);
    assert.equal(answer.body, 'hello');
    assert.equal(answer.headers['x-slipway-request'], 'abc-1');
    assert.equal(answer.headers['x-slipway-version'], 'v1');
    assert.equal(answer.headers['x-slipway-replica'], 'echo-v1-00000000-r0');
    assert.equal(answer.headers['x-slipway-batch'], '1');
  });

  it('serves every form of address of the same version', async () => {
    await start();
    for (const path of [
      '/echo',
      '/echo@v1',
      '/echo@alpha',
      '/v2/models/echo/infer',
      '/v2/models/echo/versions/v1/infer',
    ]) {
      assert.equal((await ask(bench.port, path, 'x')).status, 200, path);
    }
    assert.equal((await ask(bench.port, '/service', 'x', { ServiceID: 'echo' })).body, 'x');
    assert.equal((await ask(bench.port, '/service', 'x', { host: `v1-dot-echo.localhost:${bench.port}` })).body, 'x');
    assert.equal((await ask(bench.port, '/v2/models/echo/ready', undefined, {}, 'GET')).status, 200);
    assert.equal((await ask(bench.port, '/v2/health/ready', undefined, {}, 'GET')).status, 200);
  });

  it('says what does not exist and which method is taken', async () => {
    await start();
    assert.equal(errorCodeOf(await ask(bench.port, '/nobody', 'x')), 'task_not_found');
    assert.equal(errorCodeOf(await ask(bench.port, '/echo@v9', 'x')), 'version_not_found');
    const wrong = await ask(bench.port, '/echo', undefined, {}, 'GET');
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.allow, 'POST');
  });

  it('tells clients of Triton the configuration of a model, and lists all', async () => {
    const input = { name: 'text', datatype: 'BYTES' as const, shape: [3, -1] };
    await start({ manifest: { input, batching: { maxBatchSize: 7 } } });
    const { body } = await ask(bench.port, '/v2/models/echo/versions/v1/config', undefined, {}, 'GET');
    const { name, max_batch_size: max, input: inputs, output } = JSON.parse(body) as Record<string, unknown>;
    assert.deepEqual([name, max, output], ['echo', 7, []]);
    assert.deepEqual(inputs, [{ name: 'text', data_type: 'TYPE_STRING', dims: [3, -1] }]);
    const listed: unknown = JSON.parse((await ask(bench.port, '/v2/repository/index', '{"ready":false}')).body);
    assert.deepEqual(listed, [{ name: 'echo', version: 'v1', state: 'READY', reason: '' }]);
  });

  it('tells clients of the Open Inference Protocol errors as a text, wherever they come from', async () => {
    await start({ manifest: { limits: { maxBodyBytes: 10 } } });
    for (const [path, code] of [
      ['/v2/models/nobody/infer', 'task_not_found'],
      ['/v2/models/echo/versions/v9/infer', 'version_not_found'],
      ['/v2/models/echo/other', 'route_not_found'],
      ['/v2/models/echo/infer', 'request_too_large'],
    ] as const) {
      const { body, status } = await ask(bench.port, path, Buffer.alloc(100));
      const told = ProtocolErrorBody.parse(JSON.parse(body));
      assert.deepEqual([told.code, status], [code, errorTable[code].status]);
      assert.ok(told.error.endsWith(errorTable[code].hint), told.error);
    }
  });

  it('F6 takes a body at the limit, refuses one byte over, with and without a length', async () => {
    await start({ manifest: { limits: { maxBodyBytes: 100_000 } } });
    const chunked = { 'transfer-encoding': 'chunked' };
    assert.equal((await ask(bench.port, '/echo', Buffer.alloc(100_000))).body.length, 100_000);
    assert.equal((await ask(bench.port, '/echo', Buffer.alloc(100_000), chunked)).body.length, 100_000);
    assert.equal(errorCodeOf(await ask(bench.port, '/echo', Buffer.alloc(100_001))), 'request_too_large');
    assert.equal(errorCodeOf(await ask(bench.port, '/echo', Buffer.alloc(100_001), chunked)), 'request_too_large');
    assert.equal((await ask(bench.port, '/echo', Buffer.alloc(3_000_000), chunked)).status, 413);
  });

  it('F7 refuses length and chunked together, two lengths, and a bad chunk size', async () => {
    await start();
    const head = `POST /echo HTTP/1.1\r\nHost: localhost:${bench.port}\r\n`;
    const bad = [
      `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
      `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
      `${head}Content-Length: -1\r\n\r\n`,
    ];
    for (const text of bad) assert.match(await sendRaw(bench.port, text), /^HTTP\/1\.1 400 /, text);
    assert.equal(bench.workers[0]!.batches.length, 0, 'nothing of it was executed');
    assert.equal((await ask(bench.port, '/echo', 'still here')).body, 'still here');
  });

  it('F8 answers 408 to a body that stops arriving, and lives on beside clients that never read', async () => {
    await start({ manifest: { timeouts: { bodyMs: 100 } } });
    const slow = await sendRaw(
      bench.port,
      `POST /echo HTTP/1.1\r\nHost: localhost:${bench.port}\r\nContent-Length: 10\r\n\r\nabc`,
      3000,
    );
    assert.match(slow, /^HTTP\/1\.1 408 /);
    const deaf = connect({ port: bench.port, host: '127.0.0.1' });
    deaf.pause();
    const big = 'x'.repeat(1_000_000);
    deaf.write(`POST /echo HTTP/1.1\r\nHost: localhost:${bench.port}\r\nContent-Length: ${big.length}\r\n\r\n${big}`);
    await until(() => bench.workers[0]!.batches.length > 0);
    assert.equal((await ask(bench.port, '/echo', 'others')).body, 'others');
    deaf.destroy();
  });

  it('unpacks a compressed body, of which the service learns nothing', async () => {
    await start();
    const body = Buffer.from('hello '.repeat(1000));
    for (const [encoding, packed] of [
      ['gzip', gzipSync(body)],
      ['x-gzip', gzipSync(body)],
      ['Deflate', deflateSync(body)],
      ['br', brotliCompressSync(body)],
      ['identity', body],
    ] as const) {
      const answer = await ask(bench.port, '/echo', packed, { 'content-encoding': encoding });
      assert.equal(answer.body, body.toString(), encoding);
    }
    for (const batch of bench.workers[0]!.batches) {
      assert.ok(!batch.some(({ meta }) => meta.includes('content-encoding')));
    }
  });

  it('F9 unpacks no more of a bomb than a body may have, and nothing of an unknown encoding', async () => {
    await start({ manifest: { limits: { maxBodyBytes: 100_000 } } });
    const zeros = Buffer.alloc(5_000_000);
    const bomb = gzipSync(zeros);
    const told = await ask(bench.port, '/echo', bomb, { 'content-encoding': 'gzip' });
    assert.equal(errorCodeOf(told), 'request_too_large');
    const chunked = { 'transfer-encoding': 'chunked', 'content-encoding': 'br' };
    const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
    const other = await ask(bench.port, '/echo', brotliCompressSync(zeros, quick), chunked);
    assert.equal(errorCodeOf(other), 'request_too_large');
    for (const encoding of ['nonsense', 'gzip, gzip', '']) {
      const answer = await ask(bench.port, '/echo', bomb, { 'content-encoding': encoding });
      assert.deepEqual([answer.status, errorCodeOf(answer)], [415, 'request_bad_encoding'], encoding);
    }
    assert.equal(bench.workers[0]!.batches.length, 0);
  });

  it('F9 says that a body is not of its encoding, or ends too early', async () => {
    await start();
    for (const body of [Buffer.from('plain'), gzipSync(Buffer.alloc(10_000)).subarray(0, 20)]) {
      const answer = await ask(bench.port, '/echo', body, { 'content-encoding': 'gzip' });
      assert.deepEqual([answer.status, errorCodeOf(answer)], [400, 'request_malformed']);
    }
    assert.equal((await ask(bench.port, '/echo', 'still here')).body, 'still here');
    assert.equal(bench.workers[0]!.batches.length, 1);
  });

  it('F10 forgets clients that reset in the body, while waiting and while executing', async () => {
    const gate = deferred();
    await start({
      manifest: { batching: { maxBatchSize: 1 } },
      execute: async (items) => {
        await gate.promise;
        return items.map((item) => ({ body: item.body }));
      },
    });
    const head = `POST /echo HTTP/1.1\r\nHost: localhost:${bench.port}\r\nContent-Length: 4\r\n\r\n`;
    const sockets = ['ab', 'exec', 'wait', 'wait'].map((body) => {
      const socket = connect({ port: bench.port, host: '127.0.0.1' });
      socket.write(head + body);
      return socket;
    });
    await until(() => bench.gateway.load(bench.route.key).concurrency === 3);
    for (const socket of sockets) socket.resetAndDestroy();
    await until(() => bench.gateway.load(bench.route.key).concurrency <= 2);
    gate.resolve();
    await until(() => bench.gateway.load(bench.route.key).concurrency === 0);
    assert.equal((await ask(bench.port, '/echo', 'next')).body, 'next');
    const executed = bench.workers[0]!.batches.flat().map((item) => item.body.toString());
    assert.ok(executed.length <= 3, `what left while waiting is not executed: ${executed.join()}`);
  });

  it('F11 serves beside 1,000 idle connections', async () => {
    await start();
    const idle = await Promise.all(
      Array.from({ length: 1000 }, async () => {
        const socket = connect({ port: bench.port, host: '127.0.0.1' });
        await once(socket, 'connect');
        return socket;
      }),
    );
    assert.equal((await ask(bench.port, '/echo', 'x')).status, 200);
    for (const socket of idle) socket.destroy();
  });

  it('F12 refuses a wrong Host, pages of other sites and the null origin, on every method', async () => {
    await start();
    for (const method of ['POST', 'GET', 'DELETE', 'PUT', 'OPTIONS']) {
      for (const headers of [
        { host: 'evil.example' },
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
      ]) {
        const answer = await ask(bench.port, '/echo', undefined, headers, method);
        assert.equal(answer.status, 403, `${method} ${JSON.stringify(headers)}`);
        assert.equal(answer.headers['access-control-allow-origin'], undefined);
      }
    }
    assert.equal((await ask(bench.port, '/echo', 'x', { origin: 'http://allowed.example' })).status, 200);
    assert.equal(bench.workers[0]!.batches.length, 1);
    assert.match(
      await sendRaw(bench.port, 'POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n'),
      /^HTTP\/1\.1 400 /,
      'no Host at all',
    );
  });

  it('F13 finds nothing behind encoded, doubled or overlong paths', async () => {
    await start();
    for (const path of ['/..%2fecho', '/echo%00', '//echo', '/echo/../echo', `/${'e'.repeat(4000)}`]) {
      assert.equal((await ask(bench.port, path, 'x')).status, 404, path);
    }
    assert.match(
      await sendRaw(bench.port, `POST /${'e'.repeat(40_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
      /^HTTP\/1\.1 431 /,
    );
  });

  it('keeps connections alive over answers, refusals and errors alike', async () => {
    await start();
    const one = (path: string, body: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: localhost:${bench.port}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const text = await sendRaw(
      bench.port,
      one('/echo', 'first') + one('/nobody', 'second') + one('/echo', 'third'),
      500,
    );
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2);
    assert.equal(text.match(/HTTP\/1\.1 404/g)?.length, 1);
    assert.match(text, /third$/);
  });
});
