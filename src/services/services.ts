// The services of the workspace: every slipway.json in its folders, kept current by the editor's own file watcher.
import { EventEmitter, workspace, type Disposable, type Uri } from 'vscode';
import { readService, type Service } from './service.ts';
import { isWithin } from './within.ts';

const pattern = '**/slipway.json';
const foreign = ['node_modules', '.venv', 'venv', '.git', '__pycache__', 'site-packages'];
const notOurs = `**/{${foreign.join()}}/**`;
const isNotOurs = (path: string): boolean => path.split('/').some((name) => foreign.includes(name));
const maxServices = 200;
/** Whoever makes files is done for now. */
const settleMs = 300;

export class Services implements Disposable {
  readonly #changed = new EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #read = new EventEmitter<Service>();
  /** A manifest is there, or was changed, by an editor or beside it. */
  readonly onDidRead = this.#read.event;
  readonly #services = new Map<string, Service>();
  readonly #watcher = workspace.createFileSystemWatcher(pattern);
  /** When a folder goes or is moved here, only the folder is told of, and when it is made now and then not all in it. */
  readonly #folders = workspace.createFileSystemWatcher('**', false, true, false);
  #settled: NodeJS.Timeout | undefined;
  readonly #subscriptions: Disposable[] = [
    this.#folders,
    this.#folders.onDidCreate((made) => this.#lookSoon(made)),
    this.#folders.onDidDelete((gone) => this.#dropWithin(gone)),
    this.#watcher,
    this.#watcher.onDidCreate((file) => this.#take(file)),
    this.#watcher.onDidChange((file) => this.#take(file)),
    this.#watcher.onDidDelete((file) => this.#drop(file)),
    workspace.onDidChangeWorkspaceFolders(() => this.find()),
  ];

  /** In the order of their folders. */
  get all(): readonly Service[] {
    return [...this.#services.values()].sort((a, b) => a.folder.path.localeCompare(b.folder.path));
  }

  /** Those whose task has this name: two folders may have copies of one service. */
  named(task: string): readonly Service[] {
    return this.all.filter(({ name }) => name === task);
  }

  /** The service that a file belongs to. */
  of(file: Uri): Service | undefined {
    return this.all
      .filter(({ folder }) => isWithin(file.path, folder.path))
      .sort((a, b) => b.folder.path.length - a.folder.path.length)[0];
  }

  async find(): Promise<void> {
    const files = (await workspace.findFiles(pattern, notOurs, maxServices)).filter(isOnDisk);
    const found = await Promise.all(files.map(readService));
    this.#services.clear();
    for (const service of found) this.#services.set(service.manifest.toString(), service);
    this.#changed.fire();
  }

  dispose(): void {
    clearTimeout(this.#settled);
    for (const one of this.#subscriptions) one.dispose();
    this.#changed.dispose();
    this.#read.dispose();
  }

  async #take(file: Uri): Promise<void> {
    if (!isOnDisk(file)) return;
    if (isNotOurs(file.path)) return;
    const service = await readService(file);
    this.#services.set(file.toString(), service);
    this.#changed.fire();
    this.#read.fire(service);
  }

  #lookSoon(made: Uri): void {
    if (!isOnDisk(made) || isNotOurs(made.path)) return;
    clearTimeout(this.#settled);
    this.#settled = setTimeout(() => void this.#lookForMore(), settleMs);
  }

  async #lookForMore(): Promise<void> {
    const files = await workspace.findFiles(pattern, notOurs, maxServices);
    await Promise.all(files.filter((file) => !this.#services.has(file.toString())).map((file) => this.#take(file)));
  }

  #dropWithin(folder: Uri): void {
    const gone = this.all.filter((service) => isWithin(service.folder.path, folder.path));
    for (const { manifest } of gone) this.#drop(manifest);
  }

  #drop(file: Uri): void {
    if (this.#services.delete(file.toString())) this.#changed.fire();
  }
}

/** Nothing else can be packed or run. */
const isOnDisk = ({ scheme }: Uri): boolean => scheme === 'file';
