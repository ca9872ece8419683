// A folder that is on no disk: `slipway-memory:/afloat`, with a service in it that can be read and not written.
import {
  Disposable,
  EventEmitter,
  FileSystemError,
  FileType,
  type FileChangeEvent,
  type FileStat,
  type FileSystemProvider,
  type Uri,
} from 'vscode';

export const memoryScheme = 'slipway-memory';

const files: Readonly<Record<string, string>> = {
  '/afloat/slipway.json': JSON.stringify({ name: 'afloat', main: 'main.py', class: 'Afloat' }),
  '/afloat/main.py':
    'class Afloat:\n    def load_model(self):\n        pass\n\n    def execute(self, data, batch_size):\n        return data\n',
};

export class MemoryFiles implements FileSystemProvider {
  readonly #changed = new EventEmitter<FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  watch(): Disposable {
    return new Disposable(() => undefined);
  }

  stat({ path }: Uri): FileStat {
    const text = files[path];
    if (text === undefined && path !== '/' && path !== '/afloat') throw FileSystemError.FileNotFound(path);
    const type = text === undefined ? FileType.Directory : FileType.File;
    return { type, ctime: 0, mtime: 0, size: text?.length ?? 0 };
  }

  readDirectory({ path }: Uri): [string, FileType][] {
    if (path === '/') return [['afloat', FileType.Directory]];
    return Object.keys(files).map((file) => [file.slice('/afloat/'.length), FileType.File]);
  }

  readFile({ path }: Uri): Uint8Array {
    const text = files[path];
    if (text === undefined) throw FileSystemError.FileNotFound(path);
    return new TextEncoder().encode(text);
  }

  createDirectory = refused;
  delete = refused;
  rename = refused;
  writeFile = refused;
}

function refused(): never {
  throw FileSystemError.NoPermissions('read-only');
}
