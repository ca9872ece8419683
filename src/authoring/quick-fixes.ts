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
} from 'vscode';
import { commandId } from '../contributions.ts';
import type { Service } from '../services/service.ts';
import type { Services } from '../services/services.ts';

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

  constructor(services: Services) {
    this.#services = services;
  }

  provideCodeActions(document: TextDocument, _: Range, { diagnostics }: CodeActionContext): CodeAction[] {
    const service = this.#services.of(document.uri);
    if (service === undefined) return [];
    return diagnostics
      .filter(({ source }) => source === 'Slipway')
      .flatMap((diagnostic) => fixesOf(document, diagnostic, service).map((action) => attach(action, diagnostic)));
  }
}

function fixesOf(document: TextDocument, { code, message, range }: Diagnostic, service: Service): CodeAction[] {
  switch (code) {
    case 'class_not_found':
      return [addClass(document, service)];
    case 'class_signature':
      return correctSignature(document, range);
    case 'path_missing':
      return service.main !== undefined && message.startsWith('"main"') ? [createMain(service)] : [];
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
