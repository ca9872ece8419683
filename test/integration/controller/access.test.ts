import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'mocha';
import { ControlServer } from '../../../emulator/controller/api/control-server.ts';
import { silentLogger } from '../../../emulator/common/log.ts';
import { operations } from '../../../schemas/operations.ts';
import { ControlSite, testTokens, token } from '../../support/control-server.ts';
import { digest } from '../../support/manifests.ts';
import { errorCodeOf, sendRaw } from '../../support/raw-http.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';

const withSite = (use: (site: ControlSite) => Promise<void>): Promise<void> =>
  inTemporaryFolder((folder) => ControlSite.with({ folder, headersTimeoutMs: 200, bodyTimeoutMs: 200 }, use));

/** Every operation once, with its path filled in. */
const everyOperation = Object.values(operations).map(({ method, path }) => ({
  method: method.toUpperCase(),
  path: path
    .replace(':task', 'mnist')
    .replace(':version', 'v1')
    .replace(':digest', digest(1))
    .replace(':token', '00000000'),
}));

describe('who may use the control API', () => {
  it('refuses every operation but the health check without the token', () =>
    withSite(async (site) => {
      for (const { method, path } of everyOperation) {
        for (const authorization of [undefined, 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`, 'Bearer ']) {
          const { status } = await site.ask(method, path, undefined, { authorization });
          assert.equal(status, path === '/healthz' ? 200 : 401, `${method} ${path} with ${String(authorization)}`);
        }
      }
      assert.equal(site.shutdowns, 0);
    }));

  it('F12 refuses a wrong Host or Origin on every method, the token notwithstanding', () =>
    withSite(async (site) => {
      const port = String(site.port);
      const wrong = [
        { host: `evil.example:${port}` },
        { host: '127.0.0.1:1' },
        { host: '127.0.0.1' },
        { origin: 'http://evil.example' },
        { origin: 'null' },
        { origin: `http://127.0.0.1:${port}` },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ];
      for (const { method, path } of [...everyOperation, { method: 'OPTIONS', path: '/api/v1/tasks' }]) {
        for (const headers of wrong) {
          const { status } = await site.ask(method, path, undefined, headers);
          assert.equal(status, 403, `${method} ${path} ${JSON.stringify(headers)}`);
        }
      }
      for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, `127.0.0.1:${port}`]) {
        assert.equal((await site.ask('GET', '/healthz', undefined, { host })).status, 200, host);
      }
    }));

  it('F12 refuses an upgrade from another site, and does not upgrade', () =>
    withSite(async (site) => {
      const upgrade = (more: string): Promise<string> =>
        sendRaw(
          site.port,
          `GET /api/v1/events HTTP/1.1\r\nhost: 127.0.0.1:${site.port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${more}\r\n`,
          200,
        );
      assert.match(await upgrade('origin: http://evil.example\r\n'), /^HTTP\/1.1 403/);
      assert.doesNotMatch(await upgrade(`authorization: Bearer ${token}\r\n`), /^HTTP\/1.1 101/);
    }));

  it('F12 changes nothing for a form or text, as a web page could send it', () =>
    withSite(async (site) => {
      for (const { method, path } of everyOperation.filter((one) => !['GET', 'HEAD'].includes(one.method))) {
        for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', undefined]) {
          const answer = await site.ask(method, path, undefined, { 'content-type': type });
          assert.equal(answer.status, 415, `${method} ${path} ${String(type)}`);
          assert.equal(errorCodeOf(answer), 'media_type_required');
        }
      }
    }));

  it('knows nothing that is not in the table', () =>
    withSite(async (site) => {
      assert.equal((await site.ask('GET', '/')).status, 404);
      assert.equal((await site.ask('GET', '/api/v1/tasks/')).status, 404);
      assert.equal((await site.ask('GET', '/API/v1/tasks')).status, 404);
      for (const method of ['HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        const answer = await site.ask(method, '/api/v1/tasks');
        assert.equal(answer.status, 405, method);
        assert.equal(answer.headers.allow, 'GET, POST');
      }
      assert.match(
        await sendRaw(site.port, `TRACE / HTTP/1.1\r\nhost: 127.0.0.1:${site.port}\r\n\r\n`, 200),
        /^HTTP\/1.1 401/,
      );
    }));

  it('F13 refuses ..%2f, %00, // and overlong paths', () =>
    withSite(async (site) => {
      for (const path of [
        '/api/v1/tasks/..%2fplatform',
        '/api/v1/tasks/%2e%2e/platform',
        '/api/v1/../../etc/passwd',
        '/api/v1/tasks/a%00b',
        '//api/v1/tasks',
        '/api//v1/tasks',
        '/api/v1/tasks/%zz',
        '/api/v1/tasks/a\\b',
        `/api/v1/tasks/${'a'.repeat(5000)}`,
        `http://127.0.0.1:${site.port}/api/v1/tasks`,
      ]) {
        const text = await sendRaw(
          site.port,
          `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${site.port}\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n\r\n`,
          500,
        );
        assert.match(text, /^HTTP\/1.1 400 /, path.slice(0, 60));
        assert.match(text, /api_invalid/);
      }
      const huge = `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`;
      assert.match(await sendRaw(site.port, huge, 500), /^HTTP\/1.1 431 /);
    }));
});

describe('what the control port takes', () => {
  const post = (site: ControlSite, headers: string, body = ''): Promise<string> =>
    sendRaw(
      site.port,
      `POST /api/v1/tasks HTTP/1.1\r\nhost: 127.0.0.1:${site.port}\r\nauthorization: Bearer ${token}\r\n` +
        `content-type: application/json\r\nconnection: close\r\n${headers}\r\n${body}`,
      1500,
    );

  it('F7 refuses a request whose length is told in two ways, or wrongly', () =>
    withSite(async (site) => {
      for (const [headers, body] of [
        ['content-length: 5\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'],
        ['content-length: 5\r\ncontent-length: 6\r\n', '{}   '],
        ['transfer-encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n'],
        ['content-length: -1\r\n', ''],
        ['transfer-encoding: chunked, identity\r\n', '0\r\n\r\n'],
      ] as const) {
        const text = await post(site, headers, body);
        assert.match(text, /^HTTP\/1.1 400 /, headers);
        assert.equal(text.match(/HTTP\/1.1/g)?.length, 1, 'one answer, and the connection ends');
      }
      assert.equal(site.controller.queries.tasks().length, 0);
    }));

  it('F8 cuts off headers and bodies that come too slowly', () =>
    withSite(async (site) => {
      const slow = await sendRaw(site.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\nx: ', 3000);
      assert.match(slow, /^HTTP\/1.1 408 /);
      assert.match(await post(site, 'content-length: 100\r\n', '{"task":'), /^HTTP\/1.1 408 [^]*request_timeout/);
    }));

  it('F6 refuses a body of one byte too many, with and without a length', () =>
    withSite(async (site) => {
      const fits = JSON.stringify({ pad: '' });
      const padded = (bytes: number): string => JSON.stringify({ pad: 'a'.repeat(bytes - fits.length) });
      const limit = 1024 * 1024;
      assert.equal((await site.ask('POST', '/api/v1/tasks', padded(limit))).status, 400);
      const over = await site.ask('POST', '/api/v1/tasks', padded(limit + 1));
      assert.deepEqual([over.status, errorCodeOf(over)], [413, 'request_too_large']);
      const chunked = { 'transfer-encoding': 'chunked' };
      assert.equal((await site.ask('POST', '/api/v1/tasks', padded(limit + 1), chunked)).status, 413);
    }));

  it('F1 F2 F4 F5 F9 answers bodies that are no JSON of the schema with 4xx, and creates nothing', () =>
    withSite(async (site) => {
      const good = JSON.stringify({ task: 'mnist', bundle: digest(1) });
      for (const body of [
        '{"task": "mni',
        '',
        'null',
        '[]',
        '"x"',
        `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
        `{"a":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`,
        good.replace('{', '{"__proto__": {"replicas": 7},'),
        good.replace('{', '{"constructor": {},'),
        good.replace('mnist', 'mn\\u0000ist'),
        good.replace('mnist', '\\ud800'),
      ]) {
        const answer = await site.ask('POST', '/api/v1/tasks', body);
        assert.deepEqual([answer.status, errorCodeOf(answer)], [400, 'api_invalid'], body.slice(0, 60));
      }
      for (const encoding of ['gzip', 'deflate', 'br', 'nonsense']) {
        const answer = await site.ask('POST', '/api/v1/tasks', good, { 'content-encoding': encoding });
        assert.deepEqual([answer.status, errorCodeOf(answer)], [415, 'request_bad_encoding'], encoding);
      }
      assert.equal(({} as { replicas?: number }).replicas, undefined);
      assert.equal(site.controller.queries.tasks().length, 0);
    }));

  it('F3 F35 refuses numbers that are no count, and names the field', () =>
    withSite(async (site) => {
      await site.ask('POST', '/api/v1/tasks', { task: 'mnist', bundle: digest(1) });
      for (const number of ['NaN', 'Infinity', '1e999', '-1', '1.5', '1001', '"2"', 'null', '1e308']) {
        const answer = await site.ask('POST', '/api/v1/tasks/mnist/scale', `{"replicas": ${number}}`);
        assert.deepEqual([answer.status, errorCodeOf(answer)], [400, 'api_invalid'], number);
        if (!/NaN|Infinity/.test(number)) assert.match(answer.body, /body\.replicas/, number);
      }
      for (const canary of ['0', '100', '-5', 'NaN', '0.5', '1e999']) {
        const body = `{"bundle": "${digest(2)}", "canary": ${canary}}`;
        assert.equal((await site.ask('POST', '/api/v1/tasks/mnist/versions', body)).status, 400, canary);
      }
      assert.equal(site.controller.queries.tasks()[0]!.versions.length, 1);
    }));

  it('names what is wrong in paths and queries too', () =>
    withSite(async (site) => {
      for (const [path, field] of [
        ['/api/v1/tasks/Not_A_Name', 'task'],
        ['/api/v1/tasks/mnist/versions/v0', 'version'],
        ['/api/v1/events?from=-1', 'query.from'],
        ['/api/v1/events?from=1&from=2', 'query.from'],
        ['/api/v1/events?limit=1e9', 'query.limit'],
        ['/api/v1/events?follow=maybe', 'query.follow'],
      ] as const) {
        const answer = await site.ask('GET', path);
        assert.deepEqual([answer.status, errorCodeOf(answer)], [400, 'api_invalid'], path);
        assert.ok(
          (JSON.parse(answer.body) as { error: { message: string } }).error.message.startsWith(`${field}:`),
          path,
        );
        assert.equal(answer.headers['x-slipway-request'], (JSON.parse(answer.body) as { requestId: string }).requestId);
      }
    }));

  it('F10 survives clients that go away in the middle', () =>
    withSite(async (site) => {
      for (let count = 0; count < 20; count++) {
        await sendRaw(
          site.port,
          `PUT /api/v1/bundles/${digest(50 + count)} HTTP/1.1\r\nhost: 127.0.0.1:${site.port}\r\n` +
            `authorization: Bearer ${token}\r\ncontent-type: application/x-tar\r\ncontent-length: 1000\r\n\r\nhalf`,
          5,
        );
      }
      assert.equal((await site.ask('GET', '/healthz')).status, 200);
    }));

  it('F28 binds its port or says that it is taken, and takes another only when it may', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as { port: number };
    await withSite(async ({ controller }) => {
      const options = { controller, port, tokens: testTokens(), log: silentLogger };
      await assert.rejects(new ControlServer({ ...options, exactPort: true }).listen(), { code: 'port_taken' });
      const other = new ControlServer({ ...options, exactPort: false });
      assert.notEqual(new URL(await other.listen()).port, String(port));
      await other.close();
    });
    holder.close();
  });
});
