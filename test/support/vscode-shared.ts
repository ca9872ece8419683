// One editor for all tests of a group: to start a server and install the extension takes longer than most tests.
import { after, afterEach, before } from 'mocha';
import { inEditor, requireEditor, type EditorSite, type SiteOptions } from './vscode-site.ts';

/** Opens before the first test of the group that calls this, and closes after its last. @returns the site, in a test */
export function sharedEditor(options: SiteOptions = {}): () => EditorSite {
  let site: EditorSite | undefined;
  let release: () => void = () => undefined;
  let closed: Promise<void> = Promise.resolve();

  before(async function () {
    const editor = await requireEditor(this);
    await new Promise<void>((opened, failed) => {
      const held = new Promise<void>((resolve) => (release = resolve));
      closed = inEditor(editor, options, async (found) => {
        site = found;
        opened();
        await held;
      });
      closed.catch(failed);
    });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await site?.explain();
  });
  after(async () => {
    release();
    await closed;
  });
  return () => {
    if (site === undefined) throw new Error('the editor is not open');
    return site;
  };
}
