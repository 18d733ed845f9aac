import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    pool: 'forks',
    css: false,
    include: ['server-bridge/tests/**/*.test.ts', 'src/__tests__/**/*.test.{ts,tsx}'],
    setupFiles: ['./vitest.setup.mjs'],
    // Many tests run the real dvc, which needs seconds to start on a busy machine; each bounds its own children.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Lab's packages are ES modules that import without file endings.
    server: { deps: { inline: [/@jupyterlab\//, /@jupyter\//, /@lumino\//, /@rjsf\//, /@microsoft\//] } }
  }
});
