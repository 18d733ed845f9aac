/** Why an expression or a `vars` section cannot be resolved, before its place is known. */
export class TemplateFailure extends Error {
  constructor(
    /** `syntax` and `merge` are shown on a line of their own, as DVC does; `missing` and `load` follow the colon. */
    readonly kind: 'syntax' | 'missing' | 'merge' | 'loaded' | 'load' | 'reserved',
    message: string
  ) {
    super(message);
    this.name = 'TemplateFailure';
  }
}
