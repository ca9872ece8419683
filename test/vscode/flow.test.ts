// All that a user does with a service, in one sitting and without a terminal.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import type { SlipwayClient } from '../../emulator/client/client.ts';
import { connect, findPlatform } from '../../emulator/client/local-platform.ts';
import { homeAt } from '../../emulator/common/home.ts';
import { beginDebugging, breakAt, endDebugging, showLocals, stopped, variable } from '../support/vscode-debugging.ts';
import type { InstalledEditor } from '../support/vscode-install.ts';
import { nameRemote, withSecondPlatform } from '../support/vscode-remote.ts';
import { inEditor, requireEditor, type EditorSite } from '../support/vscode-site.ts';
import type { EditorWindow } from '../support/vscode-window.ts';
import { until } from '../support/waiting.ts';

const requests = 500;

async function localClient(home: string): Promise<SlipwayClient> {
  return connect((await findPlatform(homeAt(home)))!);
}

/** Shares of the versions that answer `requests` requests. */
async function sharesOf(url: string, body: Buffer): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let sent = 0; sent < requests; sent += 10) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => fetch(url, { method: 'POST', body: new Uint8Array(body) })),
    );
    for (const answer of answers) {
      await answer.arrayBuffer();
      assert.equal(answer.status, 200);
      const version = answer.headers.get('x-slipway-version') ?? '';
      counts.set(version, (counts.get(version) ?? 0) + 1 / requests);
    }
  }
  return counts;
}

async function killOneReplica(client: SlipwayClient, window: EditorWindow): Promise<void> {
  const { replicas } = await client.call('getTask', { params: { task: 'digits' } });
  const victim = replicas.find(({ state, pid }) => state === 'ready' && pid !== null)!;
  process.kill(victim.pid!, 'SIGKILL');
  await until(async () => {
    const { events } = await client.call('listEvents', { query: { task: 'digits' } });
    return events.some(({ body }) => body.kind === 'replica.exited' && body.signal === 'SIGKILL');
  }, 60_000);
  await until(async () => {
    const view = await client.call('getTask', { params: { task: 'digits' } });
    const now = view.replicas.find(({ id }) => id === victim.id);
    return now?.state === 'ready' && now.pid !== victim.pid;
  }, 60_000);
  await window.row('Events', /ready/).waitFor();
}

/** F5 on the service's file: it stops with the real batch, and goes on. */
async function debug({ workspace }: EditorSite, window: EditorWindow): Promise<void> {
  await breakAt(window, { workspace, file: 'digits/digits.py', text: 'scores = stack(' });
  await beginDebugging(window);
  await window.take('digits v2 is being debugged', 'Call with Sample');
  await stopped(window).waitFor();
  await showLocals(window);
  await variable(window, /batch_size.*1/).waitFor();
  await window.screenshot('flow-debugged');
  await endDebugging(window);
  await window.told(/digits v2 answered/);
  await window.openSideBar();
}

async function publish({ home }: EditorSite, window: EditorWindow): Promise<void> {
  await withSecondPlatform(async (platform) => {
    await window.command('Slipway: Publish to Remote…');
    await nameRemote(window, platform);
    await window.answer('Name of the version', '');
    await window.told(/digits v1 serves on staging/);
    await window.row('Remotes', 'staging').waitFor();
    await window.row('Tasks', 'staging').waitFor();
    await window.screenshot('published');
    const { tasks } = await platform.admin.call('listTasks', {});
    assert.deepEqual(
      tasks.map(({ name, state }) => [name, state]),
      [['digits', 'ready']],
    );
    // The token is in the secret storage only.
    assert.doesNotMatch(await readFile(homeAt(home).remotes, 'utf8'), /slw_/);
    await window.command('Slipway: Remove Remote');
    await window.pick('staging');
    await window.press(window.dialog('Remove the remote staging'), 'Remove');
    await window.row('Remotes', 'staging').waitFor({ state: 'detached' });
  });
}

describe('a service from its first line to a cluster, in the editor', () => {
  let editor: InstalledEditor;
  before(async function () {
    editor = await requireEditor(this);
  });

  it('is made, run, called, deployed, split, hurt, published and deleted', () =>
    inEditor(editor, {}, async (site) => {
      const { workspace, home, open } = site;
      const window = await open();
      await window.openSideBar();
      await window.command('Slipway: New Service…');
      await window.pick('Python');
      await window.answer('Name of the service', 'digits');
      await window.row('Services', 'digits').waitFor();
      await window.command('Slipway: Run Locally');
      await window.row('Services', /running v1/).waitFor();
      await window.command('Slipway: Call with Sample');
      await window.told(/digits v1 answered/);
      await window.row('Services', /running v1/).waitFor();
      await window.screenshot('run');

      await debug(site, window);

      await window.command('Slipway: Deploy…');
      await window.pick('All traffic');
      await window.answer('Name of the version', 'beta');
      await window.told(/digits v3 serves/);

      await window.command('Slipway: Split Traffic…');
      await window.answer('Shares of the versions', 'v2=80 beta=20');
      await window.answer('What keeps a caller', '');
      await window.row('Tasks', /80%.*20%/).waitFor();
      const client = await localClient(home);
      try {
        const { url } = await client.call('getTask', { params: { task: 'digits' } });
        const sample = await readFile(join(workspace, 'digits', 'samples', 'digit-2.raw'));
        await until(async () => (await sharesOf(url, sample)).size === 2, 60_000);
        const shares = await sharesOf(url, sample);
        assert.ok(Math.abs((shares.get('v2') ?? 0) - 0.8) <= 0.02, JSON.stringify([...shares]));
        await window.expand(window.row('Tasks', 'digits'));
        await window.screenshot('split');
        await killOneReplica(client, window);
        await window.screenshot('killed-and-back');
      } finally {
        await client.close();
      }

      await publish(site, window);

      await window.command('Slipway: Delete');
      await window.press(window.dialog('Delete digits'), 'Delete');
      await window.row('Tasks', 'digits').waitFor({ state: 'detached' });
    }));
});
