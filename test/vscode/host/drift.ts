// In the extension host: what differs between a service and the versions that it meets, each with its end. The workspace has the
// service `digits` of the Python template.
import assert from 'node:assert/strict';
import { commands, languages, workspace, type CodeAction, type Diagnostic, type Uri } from 'vscode';
import { eventually, inWorkspace, slipway } from './support.ts';

const manifest = (): Uri => inWorkspace('digits/slipway.json');
const lock = (): Uri => inWorkspace('digits/slipway.lock');

const read = async (file: Uri): Promise<string> => new TextDecoder().decode(await workspace.fs.readFile(file));
const write = (file: Uri, text: string): Thenable<void> => workspace.fs.writeFile(file, new TextEncoder().encode(text));

function problem(file: Uri, words: RegExp): Diagnostic | undefined {
  return languages.getDiagnostics(file).find(({ source, message }) => source === 'Slipway' && words.test(message));
}

const gone = (file: Uri, words: RegExp): Promise<true> =>
  eventually(() => (problem(file, words) === undefined ? true : undefined), 120_000);

async function fixOf(file: Uri, { range }: Diagnostic, title: RegExp): Promise<CodeAction> {
  await workspace.openTextDocument(file);
  const found = await commands.executeCommand<CodeAction[]>('vscode.executeCodeActionProvider', file, range);
  const fix = found.find((one) => title.test(one.title));
  assert.ok(fix !== undefined, found.map((one) => one.title).join(', '));
  return fix;
}

describe('version drift', () => {
  let before = '';
  beforeEach(async () => {
    await slipway();
    before = await read(manifest());
  });
  afterEach(async () => {
    await write(manifest(), before);
    await workspace.fs.delete(lock()).then(undefined, () => undefined);
    await gone(manifest(), /Python/);
  });

  it('of the Python that there is: a range that takes it is put in where the old one stood', async () => {
    const document = await workspace.openTextDocument(manifest());
    await write(manifest(), JSON.stringify({ ...JSON.parse(before), python: '>=3.99' }, null, 4));
    const found = await eventually(() => problem(manifest(), /expected a Python >=3\.99/));
    assert.equal(document.getText(found.range), '">=3.99"');
    const fix = await fixOf(manifest(), found, /^Set "python" to >=3\.\d+$/);
    assert.ok(fix.edit !== undefined && fix.isPreferred === true);
    await workspace.applyEdit(fix.edit);
    await document.save();
    await gone(manifest(), /expected a Python/);
    const wanted = (JSON.parse(await read(manifest())) as { python: string }).python;
    assert.match(fix.title, new RegExp(`${wanted}$`));
  });

  it('of a lock that is out of date: it is made anew', async () => {
    const stale = { format: 1, python: '3.11.0', system: 'linux', machine: 'x86_64', packages: {} };
    await write(lock(), JSON.stringify({ ...stale, requirements: ['of-another-time==1.0'] }));
    const found = await eventually(() => problem(lock(), /not used: the requirements have changed since/));
    const { command } = await fixOf(lock(), found, /^Lock the versions again$/);
    assert.equal(command?.command, 'slipway.lockVersions');
    const words = (command.arguments ?? []) as readonly unknown[];
    assert.equal(await commands.executeCommand(command.command, ...words), undefined);
    await gone(lock(), /not used/);
    const { requirements } = JSON.parse(await read(lock())) as { requirements: string[] };
    assert.notDeepEqual(requirements, ['of-another-time==1.0']);
  });
});
