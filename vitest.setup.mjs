/** What jsdom lacks and Lab's widgets expect, in tests that begin with `// @vitest-environment jsdom`. */
if (typeof window !== 'undefined') {
  class Observer {
    observe() {}
    unobserve() {}
    disconnect() {}
    takeRecords() {
      return [];
    }
  }
  window.IntersectionObserver ??= Observer;
  window.ResizeObserver ??= Observer;
  globalThis.DragEvent ??= class extends MouseEvent {};
  window.matchMedia ??= () => ({ matches: false, addEventListener() {}, removeEventListener() {} });
}
