// New Service: framework, name, folder; then the template is there and its main file is open.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { commands as editor, l10n, Uri, window, workspace, type WorkspaceFolder } from 'vscode';
import { z } from 'zod';
import { packageRoot } from '../../emulator/client/edge.ts';
import { TaskName } from '../../schemas/ids.ts';
import type { App } from '../app.ts';
import { commandId } from '../contributions.ts';
import { runVerb } from '../platforms/command-line.ts';
import { readService } from '../services/service.ts';
import { requireTrust } from './choose.ts';
import { offer, refuse } from './outcome.ts';
import { ask, askPick, askText, isAnswer, issueText, type StepFrame } from './steps.ts';
import { templates } from './templates.ts';

interface Wanted {
  template: string;
  name: string;
  parent: Uri;
}
const Made = z.object({ folder: z.string(), template: z.string(), task: z.string() });

export async function newService(app: App): Promise<void> {
  requireTrust();
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    await editor.executeCommand('vscode.openFolder');
    return;
  }
  const [first] = folders;
  if (first?.uri.scheme !== 'file') {
    refuse(l10n.t('This workspace is not on a disk.'), l10n.t('Open a folder on a disk.'));
  }
  const wanted: Wanted = { template: 'python', name: '', parent: first.uri };
  const steps = [askTemplate, askName, ...(folders.length > 1 ? [askFolder(folders)] : [])];
  if (!(await ask(l10n.t('New Service'), wanted, steps))) return;
  const target = Uri.joinPath(wanted.parent, wanted.name);
  await runVerb(['new', target.fsPath, '--template', wanted.template, '--name', wanted.name], Made);
  await app.services.find();
  const service = await readService(Uri.joinPath(target, 'slipway.json'));
  if (service.main !== undefined) await window.showTextDocument(service.main);
  offer(app.output, l10n.t('{0} is ready to run.', wanted.name), l10n.t('Run Locally'), () =>
    editor.executeCommand(commandId('runLocally'), service),
  );
}

async function askTemplate(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const there = new Set(readdirSync(join(packageRoot, 'emulator', 'templates')));
  const items = templates.filter(({ id }) => there.has(id));
  const answer = await askPick(
    frame,
    l10n.t('Framework of the model'),
    items.map(({ id, label, detail }) => ({ value: id, label, detail: l10n.t(detail) })),
  );
  if (isAnswer(answer)) wanted.template = answer;
  return answer;
}

async function askName(frame: StepFrame, wanted: Wanted): Promise<unknown> {
  const suggestion = templates.find(({ id }) => id === wanted.template)?.name ?? 'service';
  const answer = await askText(frame, {
    prompt: l10n.t('Name of the service: its folder, its task and its URL'),
    value: suggestion,
    validate: (value) => nameProblem(value, wanted.parent),
  });
  if (isAnswer(answer)) wanted.name = answer;
  return answer;
}

function askFolder(folders: readonly WorkspaceFolder[]): (frame: StepFrame, wanted: Wanted) => Promise<unknown> {
  return async (frame, wanted) => {
    const items = folders.map(({ name, uri }) => ({ label: name, description: uri.fsPath, value: uri }));
    const answer = await askPick(frame, l10n.t('Workspace folder to make it in'), items);
    if (isAnswer(answer)) wanted.parent = answer;
    return answer;
  };
}

async function nameProblem(value: string, parent: Uri): Promise<string | undefined> {
  const parsed = TaskName.safeParse(value);
  if (!parsed.success) return issueText(parsed.error);
  const entries = await workspace.fs.readDirectory(Uri.joinPath(parent, value)).then(
    (found) => found.length,
    () => 0,
  );
  return entries > 0 ? l10n.t('The folder {0} is there already and not empty.', value) : undefined;
}
