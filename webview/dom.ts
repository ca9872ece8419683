// Elements of the page. Text is always text: nothing here takes markup.

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;
type Child = Node | string;

/** An element; attributes that are false or undefined are left out, true ones are empty. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes?: Attributes,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name];
export function element(name: string, attributes?: Attributes, ...children: readonly Child[]): HTMLElement;
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) setAttribute(made, key, value);
  made.append(...children);
  return made;
}

/** Writes only what differs, so that a screen reader is not told the same again. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

export function setAttribute(target: Element, name: string, value: Attributes[string]): void {
  if (value === undefined || value === false) target.removeAttribute(name);
  else if (target.getAttribute(name) !== (value === true ? '' : String(value)))
    target.setAttribute(name, value === true ? '' : String(value));
}

export interface Rows<Item> {
  readonly keyOf: (item: Item) => string;
  /** Makes the element of an item that is new. */
  readonly make: (item: Item) => HTMLElement;
  /** Brings the element of an item up to date. */
  readonly update: (row: HTMLElement, item: Item) => void;
}

/** Makes the children of `parent` those of `items`, in their order. Elements stay with their items: focus is kept. */
export function reconcile<Item>(
  parent: HTMLElement,
  items: readonly Item[],
  { keyOf, make, update }: Rows<Item>,
): void {
  const present = new Map([...parent.children].map((child) => [(child as HTMLElement).dataset['key'] ?? '', child]));
  let at: Element | null = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let row = present.get(key) as HTMLElement | undefined;
    if (row === undefined) {
      row = make(item);
      row.dataset['key'] = key;
    }
    present.delete(key);
    update(row, item);
    if (row === at) at = at.nextElementSibling;
    else parent.insertBefore(row, at);
  }
  for (const gone of present.values()) gone.remove();
}

/** What scrolls by keyboard too. A group and no region: the panel around it is one already, of the same name. */
export function scrolling(label: string, content: Element): HTMLElement {
  return element('div', { class: 'scroll', role: 'group', tabindex: 0, 'aria-label': label }, content);
}

/** A table with a caption that only screen readers are told, which scrolls by keyboard too. */
export function scrollingTable(
  label: string,
  columns: readonly { readonly title: string; readonly figures?: boolean }[],
): { readonly region: HTMLElement; readonly head: HTMLElement; readonly body: HTMLElement } {
  const head = element('thead', {}, headRow(columns));
  const body = element('tbody');
  const table = element('table', {}, element('caption', { class: 'spoken' }, label), head, body);
  return { region: scrolling(label, table), head, body };
}

export function headRow(columns: readonly { readonly title: string; readonly figures?: boolean }[]): HTMLElement {
  return element(
    'tr',
    {},
    ...columns.map(({ title, figures }) =>
      element('th', { scope: 'col', class: figures === true ? 'figure' : undefined }, title),
    ),
  );
}
