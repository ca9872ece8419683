// Which version of a task the last debug session made of a folder: whoever waits for it must not take an earlier one for it.

export class DebuggedVersions {
  readonly #versions = new Map<string, string>();

  /** A session begins to make one. */
  forget(task: string): void {
    this.#versions.delete(task);
  }

  made(task: string, version: string): void {
    this.#versions.set(task, version);
  }

  of(task: string): string | undefined {
    return this.#versions.get(task);
  }
}
