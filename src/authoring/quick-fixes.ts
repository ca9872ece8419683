// One step from a problem to its end, where there is one that is certainly meant.
import {
  CodeAction,
  CodeActionKind,
  l10n,
  Position,
  Range,
  Uri,
  WorkspaceEdit,
  type CodeActionContext,
  type CodeActionProvider,
  type Diagnostic,
  type TextDocument,
  workspace,
} from 'vscode';
import type { Fix } from '../../schemas/finding.ts';
import { commandId } from '../contributions.ts';
import type { Service } from '../services/service.ts';
import type { Services } from '../services/services.ts';
import type { Problems } from './problems.ts';

export const wantedSignatures: Readonly<Record<string, string>> = {
  load_model: 'def load_model(self):',
  execute: 'def execute(self, data, batch_size):',
};
const skeleton = (name: string): string => `

class ${name}:
    def load_model(self):
        """Loads the model from self.model_dir, once in each replica."""

    def execute(self, data, batch_size):
        """One answer for each of the batch_size items of data, in their order."""
        return [item.json() for item in data]
`;

export class QuickFixes implements CodeActionProvider {
  static readonly kinds = [CodeActionKind.QuickFix];
  readonly #services: Services;
  readonly #problems: Problems;

  constructor(services: Services, problems: Problems) {
    this.#services = services;
    this.#problems = problems;
  }

  async provideCodeActions(
    document: TextDocument,
    _: Range,
    { diagnostics }: CodeActionContext,
  ): Promise<CodeAction[]> {
    const service = this.#services.of(document.uri);
    if (service === undefined) return [];
    const ours = diagnostics.filter(({ source }) => source === 'Slipway');
    const found = ours.map(async (diagnostic) => {
      const fix = this.#problems.fixOf(document.uri, diagnostic);
      const told = fix === undefined ? [] : await toldFix(fix, service);
      return [...told, ...fixesOf(document, diagnostic, service)].map((action) => attach(action, diagnostic));
    });
    return (await Promise.all(found)).flat();
  }
}

/** The end that the check itself tells. Where the file was changed meanwhile there is none until it is checked again. */
async function toldFix(fix: Fix, service: Service): Promise<CodeAction[]> {
  if (fix.kind === 'lock') {
    const action = new CodeAction(l10n.t('Lock the versions again'), CodeActionKind.QuickFix);
    action.command = { command: commandId('lockVersions'), title: action.title, arguments: [service] };
    return [action];
  }
  const { file, line, column, old, text } = fix.edit;
  const uri = Uri.joinPath(service.folder, ...file.split('/'));
  const range = new Range(line - 1, column - 1, line - 1, column - 1 + old.length);
  const document = await workspace.openTextDocument(uri);
  if (document.getText(range) !== old) return [];
  const title = fix.kind === 'python' ? l10n.t('Set "python" to {0}', fix.value) : l10n.t('Require {0}', fix.value);
  const action = new CodeAction(title, CodeActionKind.QuickFix);
  action.edit = new WorkspaceEdit();
  action.edit.replace(uri, range, text);
  return [action];
}

function fixesOf(document: TextDocument, { code, message, range }: Diagnostic, service: Service): CodeAction[] {
  switch (code) {
    case 'class_not_found':
      return [addClass(document, service)];
    case 'class_signature':
      return correctSignature(document, range);
    case 'path_missing':
      return service.main !== undefined && message.includes('"main"') ? [createMain(service)] : [];
    case 'bundle_secret':
      return [ignoreFile(document, service)];
    case 'python_missing':
      return [runDoctor()];
    default:
      return [];
  }
}

function attach(action: CodeAction, diagnostic: Diagnostic): CodeAction {
  action.diagnostics = [diagnostic];
  action.isPreferred = true;
  return action;
}

function addClass(document: TextDocument, service: Service): CodeAction {
  const action = new CodeAction(l10n.t('Add an inference class'), CodeActionKind.QuickFix);
  const last = document.lineAt(document.lineCount - 1).range.end;
  action.edit = new WorkspaceEdit();
  action.edit.insert(document.uri, last, skeleton(service.className ?? 'Model'));
  return action;
}

/** The whole `def` is rewritten: its first line, and those up to the colon that ends it. */
function correctSignature(document: TextDocument, { start }: Range): CodeAction[] {
  const found = /^(\s*)(?:async\s+)?def\s+(load_model|execute)\b/.exec(document.lineAt(start.line).text);
  if (found === null) return [];
  const [, indent = '', name = ''] = found;
  let end = start.line;
  while (end + 1 < document.lineCount && !/:\s*(#.*)?$/.test(document.lineAt(end).text)) end++;
  const action = new CodeAction(l10n.t('Change to {0}', wantedSignatures[name]!), CodeActionKind.QuickFix);
  action.edit = new WorkspaceEdit();
  action.edit.replace(
    document.uri,
    new Range(new Position(start.line, 0), document.lineAt(end).range.end),
    `${indent}${wantedSignatures[name]!}`,
  );
  return [action];
}

function createMain({ main, className }: Service): CodeAction {
  const action = new CodeAction(l10n.t('Create the file with an inference class'), CodeActionKind.QuickFix);
  action.edit = new WorkspaceEdit();
  action.edit.createFile(main!, { ignoreIfExists: true });
  action.edit.insert(main!, new Position(0, 0), skeleton(className ?? 'Model').trimStart());
  return action;
}

function ignoreFile(document: TextDocument, { folder }: Service): CodeAction {
  const action = new CodeAction(l10n.t('Leave the file out with .slipwayignore'), CodeActionKind.QuickFix);
  const ignore = Uri.joinPath(folder, '.slipwayignore');
  action.edit = new WorkspaceEdit();
  action.edit.createFile(ignore, { ignoreIfExists: true });
  action.edit.insert(ignore, new Position(0, 0), `${document.uri.path.slice(folder.path.length)}\n`);
  return action;
}

function runDoctor(): CodeAction {
  const action = new CodeAction(l10n.t('Look at this machine with Doctor'), CodeActionKind.QuickFix);
  action.command = { command: commandId('doctor'), title: 'Doctor' };
  return action;
}
