import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { ask, errorCodeOf, type Answer } from '../../support/raw-http.ts';
import { writeAdder, writeProbe } from '../../support/probe-service.ts';
import { SlipwayCommand } from '../../support/slipway-command.ts';

const json = { 'content-type': 'application/json' };

/** A whole platform with real workers; what is sent here went wrong on the way in, or makes the service go wrong. */
describe('bad input on its way through a whole platform', () => {
  let folder: string;
  let slipway: SlipwayCommand;
  let port: number;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-bad-')));
    slipway = new SlipwayCommand(folder);
    const { inference } = await slipway.json('up', '--port', '0', '--control-port', '0');
    port = Number(new URL(inference as string).port);
    await slipway.json('deploy', await writeProbe(join(folder, 'probe')));
    await slipway.json('deploy', await writeAdder(join(folder, 'adder')));
  });

  after(async () => {
    await slipway.close();
    await rm(folder, { recursive: true, force: true });
  });

  const sendJson = (body: string | Buffer, task = 'probe'): Promise<Answer> => ask(port, `/${task}`, body, json);
  const infer = (request: unknown): Promise<Answer> =>
    ask(port, '/v2/models/adder/infer', JSON.stringify(request), json);

  /** Answered with `status` and an error of the table, and the task still serves. */
  async function refused(answer: Answer, status: number, code?: string): Promise<void> {
    assert.equal(answer.status, status, answer.body.slice(0, 500));
    if (code !== undefined) assert.equal(errorCodeOf(answer), code, answer.body.slice(0, 500));
    else assert.ok(errorCodeOf(answer));
    assert.equal((await ask(port, '/probe', 'still here')).body, 'still here');
  }

  it('F1: truncated JSON is answered with 400', async () => {
    for (const body of ['', '{', '[1, 2', '"abc', '{"a": tru'])
      await refused(await sendJson(body), 400, 'request_malformed');
  });

  it('F2: JSON that is 100,000 deep is answered with 400', async () => {
    await refused(await sendJson('['.repeat(100_000)), 400, 'request_malformed');
    await refused(await sendJson('['.repeat(100_000) + ']'.repeat(100_000)), 400, 'request_malformed');
    await refused(await sendJson('{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000)), 400, 'request_malformed');
  });

  it('F3: NaN, Infinity and what overflows are answered with 400; -0 stays what it is', async () => {
    for (const body of ['NaN', '[Infinity]', '[-Infinity]', '1e999', '[-1e999]']) {
      await refused(await sendJson(body), 400, 'request_malformed');
    }
    assert.equal((await sendJson('[-0.0]')).body, '[-0.0]');
    await refused(await sendJson('[1e39, 0]', 'adder'), 422, 'request_unfit');
  });

  it('F4: half characters are answered with 400; a byte order mark and NUL are text like any other', async () => {
    for (const body of ['"\\ud800"', '["\\udc00\\ud800"]', Buffer.from([0x22, 0xff, 0x22])]) {
      await refused(await sendJson(body), 400, 'request_malformed');
    }
    assert.equal((await sendJson('\ufeff"marked"')).body, 'marked');
    assert.equal((await sendJson('"a\\u0000b"')).body, 'a\0b');
  });

  it('F5: keys such as __proto__ come through as keys', async () => {
    const body = '{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}}';
    const answer = await sendJson(body);
    assert.equal(answer.status, 200);
    assert.equal(answer.body.replace(/\s/g, ''), body.replace(/\s/g, ''));
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  it('F14: a wrong shape or type is answered with 422, before the service sees it', async () => {
    for (const body of ['[1, 2, 3]', '[1]', '[]', '[[1, 2]]', '["1", "2"]', '[true, null]', '{"y": [1, 2]}', '7']) {
      await refused(await sendJson(body, 'adder'), 422, 'request_unfit');
    }
    await refused(await ask(port, '/adder', Buffer.alloc(7)), 422, 'request_unfit');
    await refused(await ask(port, '/adder', Buffer.alloc(0)), 422, 'request_unfit');
    const x = (more: object): unknown => ({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2], ...more }],
    });
    assert.equal((await infer(x({}))).status, 200);
    for (const wrong of [
      { datatype: 'INT8' },
      { datatype: 'FP31' },
      { shape: [1, 3] },
      { shape: [2, 2] },
      { shape: [-1, 2] },
      { shape: [1e15, 2] },
      { data: ['a', 'b'] },
      { data: [1] },
    ]) {
      const answer = await infer(x(wrong));
      assert.ok(
        answer.status === 422 || answer.status === 400,
        `${JSON.stringify(wrong)}: ${answer.status} ${answer.body}`,
      );
      await refused(answer, answer.status);
    }
  });

  it('F14: an empty batch is answered at once', async () => {
    await refused(await infer({ inputs: [] }), 422, 'request_unfit');
    const empty = await infer({ inputs: [{ name: 'x', datatype: 'FP32', shape: [0, 2], data: [] }] });
    await refused(empty, 422, 'request_unfit');
  });

  it('F17: what execute raises is answered with 500 to its own request, and to no other', async () => {
    for (const wish of ['raise', 'exit']) {
      const all = await Promise.all(
        Array.from({ length: 40 }, (_, at) => ask(port, '/probe', at === 20 ? wish : `good ${at}`)),
      );
      for (const [at, answer] of all.entries()) {
        if (at === 20) await refused(answer, 500, 'service_raised');
        else assert.deepEqual([answer.status, answer.body], [200, `good ${at}`]);
      }
    }
  });

  it('F17: None, a generator, a wrong count and what has no JSON are answered with 502 and say what was returned', async () => {
    const wishes: [wish: string, code: string, says: RegExp][] = [
      ['none', 'contract_type', /None/],
      ['generator', 'contract_type', /generator/],
      ['short', 'contract_count', /0 results for 1 item/],
      ['object', 'contract_type', /object/],
    ];
    for (const [wish, code, says] of wishes) {
      const answer = await ask(port, '/probe', wish);
      assert.match(answer.body, says);
      await refused(answer, 502, code);
    }
  });

  it('F17: a result of 500 MB is answered with 502 and leaves the worker alive', async () => {
    const before = (await slipway.json('status', 'probe'))['replicas'] as { pid: number }[];
    await refused(await ask(port, '/probe', 'huge'), 502, 'result_too_large');
    const now = (await slipway.json('status', 'probe'))['replicas'] as { pid: number }[];
    assert.deepEqual(
      now.map(({ pid }) => pid),
      before.map(({ pid }) => pid),
    );
  });
});
