import type { Plugin } from 'esbuild';

export function lazyBuiltins(): Plugin;
