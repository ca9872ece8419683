import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { packageRoot } from '../../../emulator/common/assets.ts';
import { TaskName, VersionName } from '../../../schemas/ids.ts';
import { RemoteName } from '../../../schemas/remotes.ts';
import { NodeState, ReplicaState, TaskState, VersionState } from '../../../schemas/tasks.ts';
import {
  commandId,
  commands,
  contextKeys,
  needsOf,
  type CommandDefinition,
  type CommandName,
} from '../../../src/contributions.ts';
import { keyBindings } from '../../../src/contributions/keys.ts';
import { menus } from '../../../src/contributions/menus.ts';
import { walkthroughSteps } from '../../../src/contributions/walkthrough.ts';

const readJson = (path: string): unknown => JSON.parse(readFileSync(join(packageRoot, path), 'utf8'));
const Texts = z.record(z.string(), z.string());
const sources = ['src', 'webview', 'schemas'].flatMap((folder) =>
  readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path: join(folder, path), text: readFileSync(join(packageRoot, folder, path), 'utf8') })),
);

describe('what the extension contributes', () => {
  it('has every text of the manifest in both languages', () => {
    const manifest = readFileSync(join(packageRoot, 'package.json'), 'utf8');
    const keys = new Set([...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key!));
    for (const file of ['package.nls.json', 'package.nls.zh-cn.json']) {
      const texts = Texts.parse(readJson(file));
      assert.deepEqual(Object.keys(texts).sort(), [...keys].sort(), file);
    }
  });

  it('has every text of the code in Chinese, with the same places to fill', () => {
    const chinese = Texts.parse(readJson('l10n/bundle.l10n.zh-cn.json'));
    const used = sources.flatMap(({ text }) =>
      [...text.matchAll(/l10n\.t\(\s*'((?:[^'\\]|\\.)*)'/g)].map(([, one]) => one!),
    );
    assert.ok(used.length > 100);
    // A text that is put together somewhere else is found by no tool, and by nobody who translates.
    for (const { path, text } of sources) {
      for (const [, first] of text.matchAll(/l10n\.t\(\s*([^'\s][^),]*)/g)) {
        assert.match(
          first!,
          /^(?:\w+\.)?(?:state|label|detail|message|meaning|hint|title|text|found|progress)$/,
          `${path}: not a text between single quotes`,
        );
      }
    }
    // Tables of texts that are translated where they are shown, and what a schema says of a name that is none.
    const tables = sources.filter(({ path }) => /(?:templates|inject-fault)\.ts$/.test(path));
    const told = tables.flatMap(({ text }) => [...text.matchAll(/\bdetail: '([^']+)'/g)].map(([, one]) => one!));
    assert.ok(told.length > 15);
    const names = [TaskName, VersionName, RemoteName].map((schema) => schema.safeParse('?').error!.issues[0]!.message);
    for (const text of [...told, ...names]) assert.ok(chinese[text] !== undefined, `"${text}" is not translated`);
    const places = (text: string): string[] => [...text.matchAll(/\{\d\}/g)].map(([one]) => one).sort();
    for (const text of used) {
      assert.ok(chinese[text] !== undefined, `"${text}" is not translated`);
      assert.deepEqual(places(chinese[text]), places(text), text);
    }
  });

  it('has the word for each state in Chinese', () => {
    const chinese = Texts.parse(readJson('l10n/bundle.l10n.zh-cn.json'));
    const states = [TaskState, VersionState, ReplicaState, NodeState].flatMap(({ options }): string[] => options);
    for (const state of [...states, 'ejected']) assert.match(chinese[state] ?? '', /\p{Script=Han}/u, state);
  });

  it('shows no English to whoever reads Chinese: every text that is shown passes through l10n', () => {
    const shown =
      /(?:showInformationMessage|showErrorMessage|showWarningMessage|setStatusBarMessage)\(\s*['"`][A-Za-z]/;
    assert.deepEqual(
      sources.filter(({ text }) => shown.test(text)).map(({ path }) => path),
      [],
    );
  });

  it('names files that are there', () => {
    for (const { media } of walkthroughSteps) assert.ok(existsSync(join(packageRoot, media)), media);
    for (const path of ['media/slipway.svg', 'media/slipway.png', 'CHANGELOG.md', 'snippets/python.json']) {
      assert.ok(existsSync(join(packageRoot, path)), path);
    }
  });

  it('has each link of a walkthrough or a welcome text name a command that there is', () => {
    const known = new Set((Object.keys(commands) as CommandName[]).map(commandId));
    const manifest = readFileSync(join(packageRoot, 'package.json'), 'utf8');
    const events = [...manifest.matchAll(/"onCommand:([^"]+)"/g)].map(([, id]) => id!);
    assert.ok(events.length >= walkthroughSteps.length);
    for (const file of ['package.nls.json', 'package.nls.zh-cn.json']) {
      const links = Object.values(Texts.parse(readJson(file))).flatMap((text) =>
        [...text.matchAll(/\(command:(slipway\.[^)]+)\)/g)].map(([, id]) => id!),
      );
      assert.ok(links.length >= walkthroughSteps.length, file);
      for (const id of [...links, ...events]) assert.ok(known.has(id), `${file}: ${id}`);
    }
  });

  it('has every command refuse what its enablement hides', () => {
    assert.deepEqual(needsOf('runLocally'), { trust: true, disk: true });
    assert.deepEqual(needsOf('doctor'), { trust: false, disk: true });
    assert.deepEqual(needsOf('addRemote'), { trust: false, disk: false });
  });

  it('puts at most three actions beside an item', () => {
    const inline = (menus['view/item/context'] ?? []).filter(({ group }) => group.startsWith('inline'));
    const contexts = new Map<string, number>();
    for (const { when } of inline) {
      for (const context of /\^\((.*)\)\$/.exec(when)![1]!.split('|')) {
        contexts.set(context, (contexts.get(context) ?? 0) + 1);
      }
    }
    for (const [context, count] of contexts) assert.ok(count <= 3, `${context} has ${String(count)}`);
  });

  it('has keys for commands that are in the palette too, each for one, and only where it is of use', () => {
    const keys = keyBindings.flatMap(({ key, mac }) => [key, mac]);
    assert.equal(new Set(keys).size, keys.length);
    for (const { command, when } of keyBindings) {
      const { palette, enablement }: CommandDefinition = commands[command];
      assert.notEqual(palette, false, command);
      assert.ok(enablement?.includes(when), command);
    }
  });

  it('enables commands by context keys that the extension keeps', () => {
    const keys = new Set<string>(Object.values(contextKeys));
    for (const definition of Object.values(commands) as { enablement?: string }[]) {
      for (const [key] of (definition.enablement ?? '').matchAll(/slipway\.\w+/g)) assert.ok(keys.has(key), key);
    }
  });
});
