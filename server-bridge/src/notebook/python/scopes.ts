/** The scopes inside one body of code, innermost first. */
export interface Scope {
  kind: 'body' | 'function' | 'class' | 'comprehension';
  /** Marks names of this scope apart from those of the body; '' for the body itself. */
  mark: string;
  locals: Set<string>;
  /** Names that a function declares global. */
  globals: Set<string>;
  up: Scope | null;
}

export interface Looked {
  /** The name as facts hold it: plain for the body's own and for free names, marked for those of inner scopes. */
  key: string;
  /** It belongs to a scope inside the body. */
  inner: boolean;
  /** It is a local of the body that is analysed (a function's parameter or local). */
  local: boolean;
}

/** Finds the scope that a use of `name` refers to, as Python does: class scopes are seen only from directly inside. */
export function lookUp(scope: Scope, name: string): Looked {
  let direct = true;
  for (let at: Scope | null = scope; at !== null; at = at.up) {
    if (at.globals.has(name)) {
      return { key: name, inner: false, local: false };
    }
    if (at.kind === 'body') {
      return { key: name, inner: false, local: at.locals.has(name) };
    }
    if (at.locals.has(name) && (at.kind !== 'class' || direct)) {
      return { key: `${name}${at.mark}`, inner: true, local: false };
    }
    direct = direct && at.kind === 'comprehension';
  }
  return { key: name, inner: false, local: false };
}
