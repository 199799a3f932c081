import { byId, el, say } from './dom.js';

/** Resolves to what the dialog was closed by: `yes`, or anything else for no. */
function closed(dialog: HTMLDialogElement): Promise<string> {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
}

// No submit button: Enter in a field would press the first of them.
for (const button of document.querySelectorAll<HTMLButtonElement>('dialog .no')) {
  button.addEventListener('click', () => button.closest('dialog')?.close());
}

/** Asks whether something is meant. */
export async function confirmed(title: string, words: string, yes: string): Promise<boolean> {
  say(byId('confirm-title'), title);
  say(byId('confirm-words'), words);
  say(byId('confirm-yes'), yes);
  return (await closed(byId('confirm', HTMLDialogElement))) === 'yes';
}

/** What is to be dropped, as the API is told it. */
export type Purge =
  | { readonly url: string }
  | { readonly cache: string; readonly key: unknown }
  | { readonly cache: string; readonly keyText: string }
  | { readonly cache: string }
  | { readonly tag: string }
  | { readonly all: true };

type Kind = 'url' | 'key' | 'tag' | 'cache' | 'all';

const WORDS: Readonly<Record<Kind, string>> = {
  url: 'The next caller who asks for it goes to the backend.',
  key: 'The next caller who asks for this key goes to the backend.',
  tag: 'Every answer that has this tag is dropped, in all caches and all instances.',
  cache: 'Every answer of this cache is dropped, in all instances.',
  all: 'Every answer of every cache is dropped, in all instances. The backend gets all calls at once.',
};

const LABELS: Readonly<Partial<Record<Kind, readonly [label: string, hint: string]>>> = {
  url: ['Path and query', 'Such as /products?productId=7'],
  key: ['Key', 'Its text, or where it is made of parts, the list of them in JSON'],
  tag: ['Tag', ''],
};

/** Asks what is to be dropped; `undefined` where nothing is. */
export class PurgeDialog {
  private readonly dialog = byId('purge-dialog', HTMLDialogElement);
  private readonly cache = byId('purge-cache', HTMLSelectElement);
  private readonly text = byId('purge-text', HTMLInputElement);

  constructor() {
    this.dialog.addEventListener('input', () => this.arrange());
  }

  async ask(caches: readonly string[]): Promise<Purge | undefined> {
    this.cache.replaceChildren(
      ...caches.map((name) => Object.assign(el('option', {}, name), { value: name })),
    );
    this.text.value = '';
    this.arrange();
    return (await closed(this.dialog)) === 'yes' ? this.purge : undefined;
  }

  private get kind(): Kind {
    const chosen = this.dialog.querySelector<HTMLInputElement>('input[name="kind"]:checked');
    return (chosen?.value ?? 'url') as Kind;
  }

  private get purge(): Purge {
    const { value: cache } = this.cache;
    const { value: text } = this.text;
    switch (this.kind) {
      case 'url':
        return { url: text };
      case 'key':
        return { cache, key: keyOf(text) };
      case 'tag':
        return { tag: text };
      case 'cache':
        return { cache };
      case 'all':
        return { all: true };
    }
  }

  private arrange(): void {
    const { kind } = this;
    const [label, hint] = LABELS[kind] ?? [];
    byId('purge-cache-field').hidden = kind !== 'key' && kind !== 'cache';
    byId('purge-text-field').hidden = label === undefined;
    this.text.required = label !== undefined;
    const isList = kind === 'key' && keyOf(this.text.value) === undefined;
    this.text.setCustomValidity(isList ? 'It begins as a list in JSON, and is none.' : '');
    say(byId('purge-text-label'), label ?? '');
    say(byId('purge-text-hint'), hint ?? '');
    say(byId('purge-words'), WORDS[kind]);
    say(byId('purge-yes'), kind === 'all' ? 'Purge everything' : 'Purge');
  }
}

/** A key of parts is written as a list in JSON; `undefined` for what only begins as one. */
function keyOf(text: string): unknown {
  if (!text.startsWith('[')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
