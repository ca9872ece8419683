// The one way between the page and the extension: what comes is parsed, what goes has a type.
import { z } from 'zod';
import { HostMessage, Place, type PageMessage } from '../schemas/dashboard.ts';

interface EditorApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): EditorApi;

/** What the editor keeps of the page when it is hidden, moved or loaded again. */
const PageState = z.object({
  place: Place.nullable().default(null),
  seconds: z.number().default(60),
  version: z.string().default(''),
  /** Charts that are shown as tables. */
  tables: z.array(z.string()).default([]),
});
export type PageState = z.infer<typeof PageState>;

type Outcome = Extract<HostMessage, { kind: 'outcome' }>;
type Asked = Extract<PageMessage, { id: number }>;
/** Of a member of a union, without its number. */
type Question = Asked extends infer One ? (One extends Asked ? Omit<One, 'id'> : never) : never;

export class Port {
  readonly #editor = acquireVsCodeApi();
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #asked = 0;
  state: PageState = PageState.parse(this.#editor.getState() ?? {});

  constructor(told: (message: Exclude<HostMessage, Outcome>) => void) {
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = HostMessage.safeParse(data);
      if (!message.success) return;
      if (message.data.kind !== 'outcome') {
        told(message.data);
        return;
      }
      this.#waiting.get(message.data.id)?.(message.data);
      this.#waiting.delete(message.data.id);
    });
  }

  send(message: Exclude<PageMessage, Asked>): void {
    this.#editor.postMessage(message);
  }

  ask(question: Question): Promise<Outcome> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#editor.postMessage({ ...question, id });
    });
  }

  keep(change: Partial<PageState>): void {
    this.state = { ...this.state, ...change };
    this.#editor.setState(this.state);
  }
}
