type Fields = Readonly<Record<string, string | string[] | undefined>>;

/** Headers that tell who the caller is. */
const PERSONAL = ['authorization', 'cookie'];

/** The part of a request's headers that a route covers. */
export class RouteHeaders {
  private constructor(
    /** Names that the key covers, in lower case. */
    readonly names: ReadonlySet<string>,
    /** Their values in the order of the declaration, for the key. */
    readonly values: readonly (string | undefined)[],
    /** What goes to the backend. */
    readonly sent: Readonly<Record<string, string>>,
    /** The request tells who the caller is, and the key does not cover it. */
    readonly personal: boolean,
  ) {}

  /** Reads the `declared` headers, and no others, from `fields`. */
  static of(declared: readonly string[], fields: Fields): RouteHeaders {
    const names = new Set(declared.map((name) => name.toLowerCase()));
    const sent: Record<string, string> = {};
    const values = [...names].map((name) => {
      const value = fields[name];
      const text = Array.isArray(value) ? value.join(', ') : value;
      if (text !== undefined) sent[name] = text;
      return text;
    });
    const personal = PERSONAL.some((name) => fields[name] !== undefined && !names.has(name));
    return new RouteHeaders(names, values, sent, personal);
  }
}
