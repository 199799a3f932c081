/**
 * The page's elements. Text from the service, which may come from strangers, only ever becomes a text
 * node: nothing here makes markup, an address or a handler of it.
 */

/** What an element says of itself: names and values that the page has written, never data. */
type Attributes = Readonly<Record<string, string>>;

/** Makes an element; texts among `children` become text nodes. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The element of the document that has this id. @throws Error if there is none, or one of another kind */
export function byId(id: string): HTMLElement;
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T;
export function byId(id: string, kind = HTMLElement): HTMLElement {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`There is no such #${id}`);
}

/** Sets what an element says, unless it says so already: what has not changed is not announced. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets how full a bar is, from 0 to 1. */
export function fill(bar: HTMLElement, share: number): void {
  bar.style.width = `${(Math.min(1, Math.max(0, share)) * 100).toFixed(1)}%`;
}

/** One row of a list: its element, and how it takes new data. */
export interface Row<Item> {
  readonly element: HTMLElement;
  update(item: Item): void;
}

/**
 * A list that is told its items again and again. Rows are kept by their items' keys, so that whoever is
 * about to press a button in one finds it there; and while the pointer or the focus is in the list, no
 * row moves or goes.
 */
export class Rows<Item> {
  private readonly rows = new Map<string, Row<Item>>();

  /** @param none is shown while there is nothing else */
  constructor(
    private readonly list: HTMLElement,
    private readonly keyOf: (item: Item) => string,
    private readonly make: (item: Item) => Row<Item>,
    private readonly none?: HTMLElement,
  ) {}

  show(items: readonly Item[]): void {
    const seen = new Set<string>();
    const steady = this.list.matches(':hover, :focus-within') && items.length > 0;
    let place = this.list.firstElementChild;
    for (const item of items) {
      const key = this.keyOf(item);
      seen.add(key);
      const present = this.rows.get(key);
      const row = present ?? this.make(item);
      row.update(item);
      this.rows.set(key, row);
      if (steady) {
        if (!present) this.list.append(row.element);
      } else if (row.element === place) {
        place = place.nextElementSibling;
      } else {
        this.list.insertBefore(row.element, place);
      }
    }
    for (const [key, { element }] of this.rows) {
      if (seen.has(key) || steady) continue;
      element.remove();
      this.rows.delete(key);
    }
    if (this.none) this.none.hidden = this.rows.size > 0;
    this.list.hidden = this.rows.size === 0;
  }
}
