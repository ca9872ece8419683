// The only file that knows the toolkit of the editor's components: where it is replaced, this is.
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { element } from './dom.ts';

export function registerComponents(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeDropdown(), vsCodeOption(), vsCodeTextField());
}

export function button(label: string, press: () => void, kind: 'primary' | 'secondary' = 'secondary'): HTMLElement {
  const made = element('vscode-button', { appearance: kind }, label);
  made.addEventListener('click', () => {
    if (!made.hasAttribute('disabled')) press();
  });
  return made;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A list to choose one of. */
export class Dropdown {
  readonly root: HTMLElement;
  readonly #list: HTMLElement & { value: string };
  #print = '';

  constructor(label: string, chosen: (value: string) => void) {
    this.#list = element('vscode-dropdown', { 'aria-label': label }) as HTMLElement & { value: string };
    this.#list.addEventListener('change', () => chosen(this.#list.value));
    this.root = element('div', { class: 'field' }, element('span', { 'aria-hidden': 'true' }, label), this.#list);
  }

  /** Leaves it alone unless something differs: it may be open. */
  show(choices: readonly Choice[], value: string): void {
    const print = JSON.stringify([choices, value]);
    if (print === this.#print) return;
    this.#print = print;
    this.#list.replaceChildren(
      ...choices.map(({ value: own, label }) =>
        element('vscode-option', { value: own, selected: own === value }, label),
      ),
    );
    // It learns of its options in a turn of its own.
    queueMicrotask(() => (this.#list.value = value));
  }
}

/** A line of text that is told while it is typed. */
export function textField(label: string, typed: (text: string) => void): HTMLElement {
  // Its content becomes its name, whatever name it is given; the placeholder shows it, the style sheet hides it.
  const field = element('vscode-text-field', { placeholder: label }, label) as HTMLElement & { value: string };
  field.addEventListener('input', () => typed(field.value));
  return field;
}
