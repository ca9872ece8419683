// Answers of called tasks as read-only documents, so that a long one can be read, searched and compared.
import {
  commands,
  EventEmitter,
  Uri,
  window,
  workspace,
  type Disposable,
  type TextDocumentContentProvider,
} from 'vscode';

const scheme = 'slipway-answer';
/** The last ones; a document that is still open keeps its text in the editor. */
const maxKept = 20;

export class Answers implements TextDocumentContentProvider, Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new EventEmitter<Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #registration = workspace.registerTextDocumentContentProvider(scheme, this);
  #count = 0;

  provideTextDocumentContent(uri: Uri): string {
    return this.#texts.get(uri.path) ?? '';
  }

  async show(task: string, value: unknown): Promise<void> {
    const uri = this.#keepJson(task, value);
    await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
  }

  /** A document that a report links to. @returns its name, relative to the report */
  keepJson(title: string, value: unknown): string {
    return this.#keepJson(title, value).path.slice(1);
  }

  /** A report in Markdown, as a page of the editor. */
  async showReport(title: string, markdown: string): Promise<void> {
    await commands.executeCommand('markdown.showPreview', this.#keep(`${title} ${++this.#count}.md`, markdown));
  }

  #keepJson(title: string, value: unknown): Uri {
    return this.#keep(`${title} ${++this.#count}.json`, `${JSON.stringify(value, undefined, 2)}\n`);
  }

  #keep(name: string, text: string): Uri {
    const uri = Uri.from({ scheme, path: `/${name}` });
    this.#texts.set(uri.path, text);
    for (const path of [...this.#texts.keys()].slice(0, -maxKept)) this.#texts.delete(path);
    return uri;
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}
