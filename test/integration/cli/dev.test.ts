import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'mocha';
import { isAlive, pidsWith } from '../../support/process-table.ts';
import { SlipwayCommand, type RunningCommand } from '../../support/slipway-command.ts';
import { inTemporaryFolder } from '../../support/temporary-folder.ts';
import { until } from '../../support/waiting.ts';
import { wordSource, writeWords } from '../../support/word-service.ts';

interface Dev {
  readonly dev: RunningCommand;
  readonly service: string;
  readonly url: string;
  readonly home: string;
}

const ask = async (url: string): Promise<string> => (await fetch(url, { method: 'POST', body: 'x' })).text();
const serving = (word: string) => (line: Record<string, unknown>) =>
  line['kind'] === 'serving' && line['version'] === word;

/** `slipway dev` of a service that serves. */
function withDev(use: (world: Dev) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const slipway = new SlipwayCommand(folder);
    const service = await writeWords(join(folder, 'words'), 'one');
    const dev = slipway.start('dev', service, '--json');
    try {
      const { url } = await dev.line<{ url: string }>(serving('v1'));
      await use({ dev, service, url, home: slipway.home });
    } finally {
      await slipway.close();
    }
  });
}

describe('slipway dev', () => {
  it('serves what is saved', () =>
    withDev(async ({ dev, service, url }) => {
      assert.equal(await ask(url), 'one:x');
      await writeFile(join(service, 'words.py'), wordSource('two'));
      await dev.line(serving('v2'));
      assert.equal(await ask(url), 'two:x');
    }));

  it('F35, F15: after a bad save it says what is wrong and the last good version serves; a good save heals it', () =>
    withDev(async ({ dev, service, url }) => {
      const saves: [file: string, content: string][] = [
        ['words.py', 'class Words:\n  def load_model(self)\n'],
        ['words.py', wordSource('bad').replace('print(', 'raise OSError(')],
        ['slipway.json', '{ "name": "words", '],
        ['slipway.json', '{ "name": "words", "main": "words.py", "replicas": -1 }'],
      ];
      for (const [file, content] of saves) {
        const from = dev.lines.length;
        await writeFile(join(service, file), content);
        const failed = await dev.line<{ error: { message: string }; serving: string }>(
          ({ kind }) => kind === 'failed',
          from,
        );
        assert.ok(failed.error.message !== '');
        assert.equal(failed.serving, 'v1');
        assert.equal(await ask(url), 'one:x');
        // Whole again, so that the next save is wrong in one way only.
        await writeWords(service, 'one');
      }
      const from = dev.lines.length;
      await writeFile(join(service, 'words.py'), wordSource('healed'));
      await dev.line(({ kind }) => kind === 'serving', from);
      await until(async () => (await ask(url)) === 'healed:x');
    }));

  it('F35: 1,000 saves in a row make few reloads, and the last one is what serves', () =>
    withDev(async ({ dev, service, url }) => {
      const from = dev.lines.length;
      for (let save = 1; save <= 1000; save++) await writeFile(join(service, 'words.py'), wordSource(`save${save}`));
      await until(async () => (await ask(url)) === 'save1000:x', 60_000);
      const reloads = (): number =>
        dev.objects(from).filter(({ kind }) => kind === 'serving' || kind === 'failed').length;
      // The traffic moves a moment before the line that tells of it.
      await until(() => reloads() >= 1);
      assert.ok(reloads() <= 20, `${reloads()} reloads`);
    }));

  it('ends with 130 when it is interrupted, and nothing of it goes on running', () =>
    withDev(async ({ dev, home }) => {
      dev.signal('SIGINT');
      assert.equal((await dev.ended).code, 130);
      await until(() => pidsWith('SLIPWAY_PLATFORM_HOME', home).length === 0);
    }));

  it('F26: nothing of it goes on running when it is killed', () =>
    withDev(async ({ dev, home }) => {
      const platforms = pidsWith('SLIPWAY_HOME', home).filter((pid) => pid !== dev.pid);
      assert.ok(platforms.length > 0);
      dev.signal('SIGKILL');
      await dev.ended;
      await until(
        () => platforms.every((pid) => !isAlive(pid)) && pidsWith('SLIPWAY_PLATFORM_HOME', home).length === 0,
      );
    }));
});
