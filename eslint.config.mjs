import jupyterPlugin from '@jupyter/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import table from './server-bridge/rooms.json' with { type: 'json' };

const jupyter = jupyterPlugin.default ?? jupyterPlugin;

/** The rules of the Jupyter plugin for source files; what it only advises is required here. */
const jupyterRules = Object.fromEntries(
  jupyter.configs.recommended
    .filter(block => block.files.some(glob => glob.endsWith('.ts')))
    .flatMap(block => Object.keys(block.rules ?? {}))
    .map(rule => [rule, 'error'])
);

/** Modules of the doors that a room may not open, with and without the `node:` prefix. */
function closedDoors(room) {
  return Object.entries(table.doors)
    .filter(([, door]) => !door.rooms.includes(room))
    .flatMap(([name, door]) =>
      door.modules.flatMap(module => [
        { name: module, message: `The door to ${name} is ${door.rooms.join(', ')}.` },
        { name: `node:${module}`, message: `The door to ${name} is ${door.rooms.join(', ')}.` }
      ])
    );
}

/** The import rules of one room of the bridge, from the same table as the walk in tests/house/imports.test.ts. */
function roomRules([room, may]) {
  const others = Object.keys(table.rooms).filter(other => other !== room && other !== 'entry' && !may.includes(other));
  const up = room === 'entry' ? '\\./' : '(\\.\\./)+';
  const patterns = others.map(other => ({ regex: `^${up}${other}/`, message: `${room} may not import ${other}.` }));
  const only = table.packagesOnly[room];
  if (only) patterns.push({ regex: `^(?!\\.|(${only.join('|')})$)`, message: `${room} uses ${only.join(', ')} only.` });
  return {
    files: [room === 'entry' ? 'server-bridge/src/*.ts' : `server-bridge/src/${room}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { paths: closedDoors(room), patterns }] }
  };
}

const MARKUP = 'Content of a project is shown as text, never as markup.';

export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    '.venv/',
    'lib/',
    'dist/',
    'build/',
    'demo/',
    'jupyterlab_cellar/labextension/',
    'jupyterlab_cellar/bridge/',
    'jupyterlab_cellar/bridge.new/',
    'examples/',
    // AssemblyScript: looks like TypeScript, but has types and operators of its own.
    'server-bridge/wasm/',
    '**/fixtures/',
    'ui-tests/playwright-report/',
    'ui-tests/test-results/',
    'ui-tests/.browser/'
  ]),
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,tsx,mjs,cjs,js}'],
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error'
    }
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A function that answers an interface of promises need not wait for anything itself.
      '@typescript-eslint/require-await': 'off'
    }
  },
  {
    files: ['**/*.{ts,tsx}'],
    ignores: ['**/tests/**', '**/__tests__/**', 'ui-tests/**'],
    rules: { 'max-lines': ['error', 500] }
  },
  ...Object.entries(table.rooms).map(roomRules),
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/__tests__/**'],
    plugins: { jupyter },
    rules: {
      ...jupyterRules,
      // Signals take a slot and its `this` apart: `signal.connect(this._onChanged, this)`.
      '@typescript-eslint/unbound-method': 'off',
      // All of the browser's part is wanted at start, and is smaller than the requests that more chunks would cost.
      'jupyter/prefer-lazy-imports': 'off',
      'no-restricted-imports': [
        'error',
        {
          paths: table.browser.forbidden.map(name => ({ name, message: 'This package belongs to the bridge.' })),
          patterns: [
            { regex: '^node:', message: 'The browser has no Node.' },
            {
              regex: `server-bridge/(?!src/${table.browser.bridgeRoom}/)`,
              message: `Of the bridge, the browser knows ${table.browser.bridgeRoom} only.`
            },
            { regex: '^@jupyterlab/[^/]+/lib/', message: 'Deep paths are not shared with Lab.' }
          ]
        }
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]', message: MARKUP },
        { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: MARKUP },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: MARKUP }
      ]
    }
  },
  {
    files: ['**/tests/**/*.ts', '**/__tests__/**/*.{ts,tsx}', 'ui-tests/**/*.ts'],
    rules: { '@typescript-eslint/unbound-method': 'off' }
  }
);
