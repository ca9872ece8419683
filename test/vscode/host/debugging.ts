// In the extension host: replicas and batches under the debugger, by what the editor's own API tells of a session. The
// service `digits` runs from its folder before.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import {
  commands,
  debug,
  DebugStackFrame,
  Location,
  Position,
  SourceBreakpoint,
  workspace,
  type DebugSession,
} from 'vscode';
import type { TaskView } from '../../../schemas/tasks.ts';
import { eventually, inWorkspace, slipway, withPlatform } from './support.ts';

const task = 'digits';
const patientMs = 120_000;

interface Answer {
  readonly status: number;
  readonly replica: string | null;
}

const view = (): Promise<TaskView> => withPlatform((client) => client.call('getTask', { params: { task } }));

async function post({ url }: TaskView): Promise<Answer> {
  const body = new Uint8Array(await readFile(inWorkspace('digits/samples/digit-2.raw').fsPath));
  const answer = await fetch(url, { method: 'POST', body });
  await answer.arrayBuffer();
  return { status: answer.status, replica: answer.headers.get('x-slipway-replica') };
}

async function breakAt(text: string): Promise<void> {
  const file = inWorkspace('digits/digits.py');
  const document = await workspace.openTextDocument(file);
  const { line } = document.positionAt(document.getText().indexOf(text));
  debug.addBreakpoints([new SourceBreakpoint(new Location(file, new Position(line, 0)))]);
}

interface Stopped {
  readonly session: DebugSession;
  readonly threadId: number;
  readonly evaluate: (expression: string) => Promise<string>;
}

/** Where the editor shows that the code stands still. */
function stopped(limitMs = patientMs): Promise<Stopped> {
  return eventually(() => {
    const item = debug.activeStackItem;
    if (!(item instanceof DebugStackFrame)) return undefined;
    const { session, threadId, frameId } = item;
    const evaluate = async (expression: string): Promise<string> => {
      const args = { expression, frameId, context: 'watch' };
      return ((await session.customRequest('evaluate', args)) as { result: string }).result;
    };
    return { session, threadId, evaluate };
  }, limitMs);
}

/** Requests, one after the other, until one is held by the debugger: that one. */
async function hold(target: TaskView): Promise<{ held: Promise<Answer>; at: Stopped }> {
  for (let sent = 0; sent < 200; sent++) {
    const held = post(target);
    const at = stopped();
    const first = await Promise.race([held, at]);
    if ('session' in first) return { held, at: first };
    at.catch(() => undefined);
  }
  throw new Error('no request was held');
}

async function end(session: DebugSession): Promise<void> {
  debug.removeBreakpoints(debug.breakpoints);
  await debug.stopDebugging(session);
  await eventually(() => (debug.activeDebugSession === undefined ? true : undefined));
}

describe('the debugger in its host', () => {
  before(async () => {
    await slipway();
    await commands.executeCommand('slipway.startLocal');
    const { tasks } = await withPlatform((client) => client.call('listTasks', {}));
    if (tasks.length === 0) await commands.executeCommand('slipway.runLocally', inWorkspace('digits/digits.py'));
    await withPlatform((client) => client.call('scale', { params: { task }, body: { replicas: 2 } }));
    await eventually(async () =>
      (await view()).versions.some(({ replicas }) => replicas.ready === 2) ? true : undefined,
    );
  });

  it('attaches to a replica that serves: it stops with the real batch and is paused, and the other one serves', async () => {
    await breakAt('scores = stack(');
    await commands.executeCommand('slipway.debugReplica', task);
    assert.equal(debug.activeDebugSession?.configuration['request'], 'attach');
    const target = await view();
    const { held, at } = await hold(target);
    assert.equal(await at.evaluate('batch_size'), '1');
    assert.equal(await at.evaluate('len(bytes(data[0]))'), '784');
    const paused = await eventually(async () => (await view()).replicas.find(({ state }) => state === 'paused'));
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(target)));
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]));
    assert.ok(answers.every(({ replica }) => replica !== null && replica !== paused.id));
    await at.session.customRequest('continue', { threadId: at.threadId });
    assert.deepEqual(await held, { status: 200, replica: paused.id });
    await end(at.session);
    const { replicas } = await view();
    assert.deepEqual(
      replicas.map(({ state, restarts }) => [state, restarts]),
      [
        ['ready', 0],
        ['ready', 0],
      ],
    );
  });

  it('executes a captured batch again, picked from those of a task in the Tasks view, and stops in execute', async () => {
    const target = await view();
    await eventually(async () => {
      await post(target);
      const { batches } = await withPlatform((client) => client.call('listBatches', { query: { task } }));
      return batches.length > 0 ? true : undefined;
    });
    const ended: string[] = [];
    const listening = debug.onDidTerminateDebugSession(({ name }) => ended.push(name));
    const chosen = commands.executeCommand('slipway.rerunBatch', { kind: 'task', task: { name: task } });
    const at = await eventually(async () => {
      await commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return stopped(500).catch(() => undefined);
    }, patientMs);
    await chosen;
    assert.match(at.session.name, /Re-run digits-.*-b\d+/);
    assert.equal(await at.evaluate('len(data) == batch_size'), 'True');
    await at.session.customRequest('continue', { threadId: at.threadId });
    await eventually(() => (ended.includes(at.session.name) ? true : undefined));
    listening.dispose();
    assert.ok(
      (await view()).replicas.every(({ state }) => state === 'ready'),
      'no replica took part',
    );
  });

  it('keeps a version that is debugged, however many of its requests fail', async () => {
    const file = inWorkspace('digits/digits.py');
    const good = await readFile(file.fsPath);
    // What runs from its folder follows each save; this version stays as it is.
    await commands.executeCommand('slipway.stopRunning', file);
    await withPlatform((client) => client.call('start', { params: { task }, body: {} }));
    const before = await eventually(async () => {
      const now = await view();
      return now.state === 'ready' ? now : undefined;
    });
    for (let sent = 0; sent < 40; sent++) assert.equal((await post(before)).status, 200);
    const bad = good.toString().replace('scores = stack(', 'raise ValueError("wrong")\n        scores = stack(');
    await workspace.fs.writeFile(file, new TextEncoder().encode(bad));
    try {
      await commands.executeCommand('slipway.debugService', file);
      const debugged = await eventually(async () => {
        const now = await view();
        return now.state === 'ready' && now.activeVersion !== before.activeVersion ? now : undefined;
      }, patientMs);
      for (let sent = 0; sent < 40; sent++) assert.equal((await post(debugged)).status, 500);
      // The error rates are looked at each second.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      assert.equal((await view()).activeVersion, debugged.activeVersion);
      await end(debug.activeDebugSession!);
    } finally {
      await workspace.fs.writeFile(file, good);
    }
  });
});
