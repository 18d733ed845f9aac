import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The package offers this entry to bundlers for the browser only; the tests of the browser's part run in Node.
  resolve: {
    alias: {
      'vscode-jsonrpc/browser': fileURLToPath(
        new URL('node_modules/vscode-jsonrpc/lib/browser/main.js', import.meta.url)
      )
    }
  },
  test: {
    pool: 'forks',
    // Most tests wait for child processes (dvc, git, Python): a worker for each core, none is kept free for the runner.
    maxWorkers: availableParallelism(),
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
