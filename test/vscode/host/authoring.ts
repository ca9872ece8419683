// In the extension host: CodeLens, problems with their fixes, and what an editor knows of slipway.json. The workspace has
// the service `digits` of the Python template.
import assert from 'node:assert/strict';
import {
  commands,
  languages,
  Position,
  Range,
  Uri,
  workspace,
  type CodeAction,
  type CodeLens,
  type CompletionList,
  type Diagnostic,
  type Hover,
  type MarkdownString,
} from 'vscode';
import { eventually, inWorkspace, slipway } from './support.ts';

const main = (): Uri => inWorkspace('digits/digits.py');
const manifest = (): Uri => inWorkspace('digits/slipway.json');

async function write(file: Uri, change: (text: string) => string): Promise<string> {
  const before = new TextDecoder().decode(await workspace.fs.readFile(file));
  await workspace.fs.writeFile(file, new TextEncoder().encode(change(before)));
  return before;
}

function problem(file: Uri, code: string): Diagnostic | undefined {
  return languages.getDiagnostics(file).find((one) => one.source === 'Slipway' && one.code === code);
}

/** Changes a file as an editor does, saves it, and undoes that at the end. */
async function withSaved(file: Uri, change: (text: string) => string, use: () => Promise<void>): Promise<void> {
  const document = await workspace.openTextDocument(file);
  const before = document.getText();
  const replace = async (text: string): Promise<void> => {
    const { WorkspaceEdit } = await import('vscode');
    const edit = new WorkspaceEdit();
    edit.replace(file, new Range(0, 0, document.lineCount, 0), text);
    await workspace.applyEdit(edit);
    await document.save();
  };
  await replace(change(before));
  try {
    await use();
  } finally {
    await replace(before);
  }
}

describe('authoring', () => {
  before(() => slipway());

  it('offers Run and Call over the class', async () => {
    await workspace.openTextDocument(main());
    const lenses = await eventually(async () => {
      const found = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', main(), 10);
      return found.some(({ command }) => command?.command === 'slipway.runLocally') ? found : undefined;
    });
    const ids = lenses.map(({ command }) => command?.command);
    assert.ok(ids.includes('slipway.callWithSample'));
    const document = await workspace.openTextDocument(main());
    assert.match(document.lineAt(lenses[0]!.range.start.line).text, /^class DigitService/);
  });

  it('shows a wrong signature where it is, and corrects it', () =>
    withSaved(
      main(),
      (text) => text.replace(/def execute\(self, data[^)]*\)/, 'def execute(self, data)'),
      async () => {
        const found = await eventually(() => problem(main(), 'class_signature'));
        const actions = await commands.executeCommand<CodeAction[]>(
          'vscode.executeCodeActionProvider',
          main(),
          found.range,
        );
        const fix = actions.find(({ title }) => title.includes('def execute(self, data, batch_size)'));
        assert.ok(fix?.edit !== undefined);
        await workspace.applyEdit(fix.edit);
        await (await workspace.openTextDocument(main())).save();
        await eventually(() => (problem(main(), 'class_signature') === undefined ? true : undefined));
      },
    ));

  it('adds a class where there is none', () =>
    withSaved(
      main(),
      () => '"""Nothing yet."""\n',
      async () => {
        const found = await eventually(() => problem(main(), 'class_not_found') ?? problem(main(), 'class_signature'));
        assert.equal(found.code, 'class_not_found');
        const actions = await commands.executeCommand<CodeAction[]>(
          'vscode.executeCodeActionProvider',
          main(),
          found.range,
        );
        const fix = actions.find(({ title }) => title === 'Add an inference class');
        assert.ok(fix?.edit !== undefined);
        await workspace.applyEdit(fix.edit);
        await (await workspace.openTextDocument(main())).save();
        await eventually(() => (problem(main(), 'class_not_found') === undefined ? true : undefined));
      },
    ));

  it('F35: tells what is wrong in slipway.json, and takes it back when it is right again', async () => {
    await withSaved(
      manifest(),
      (text) => text.replace(/"maxBatchSize": *\d+/, '"maxBatchSize": -1'),
      async () => {
        const found = await eventually(() => problem(manifest(), 'manifest_invalid'));
        const document = await workspace.openTextDocument(manifest());
        assert.match(document.lineAt(found.range.start.line).text, /maxBatchSize/);
      },
    );
    await eventually(() => (problem(manifest(), 'manifest_invalid') === undefined ? true : undefined));
  });

  it('completes and explains the fields of slipway.json', async () => {
    const document = await workspace.openTextDocument(manifest());
    const at = document.getText().indexOf('"batching"');
    const position = document.positionAt(at + 3);
    const words = await eventually(async () => {
      const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', manifest(), position);
      const text = hovers.flatMap(({ contents }) => contents.map((one) => (one as MarkdownString).value)).join('\n');
      return text.includes('How requests are put together') ? text : undefined;
    });
    assert.ok(words.length > 0);
    const end = document.positionAt(document.getText().indexOf('"batching"'));
    const list = await commands.executeCommand<CompletionList>(
      'vscode.executeCompletionItemProvider',
      manifest(),
      new Position(end.line, end.character),
    );
    const labels = list.items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(
      labels.some((label) => label.includes('timeouts')),
      labels.join(', '),
    );
  });

  it('forgets problems of a service that is gone', async () => {
    const copy = inWorkspace('gone');
    await workspace.fs.copy(inWorkspace('digits'), copy);
    const file = Uri.joinPath(copy, 'slipway.json');
    await write(file, (text) => text.replace(/"maxBatchSize": *\d+/, '"maxBatchSize": 0'));
    await eventually(() => problem(file, 'manifest_invalid'));
    await workspace.fs.delete(copy, { recursive: true });
    await eventually(() => (problem(file, 'manifest_invalid') === undefined ? true : undefined));
  });
});
