import { nullTranslator } from '@jupyterlab/translation';
import { createElement, type ComponentType } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

export const trans = nullTranslator.load('jupyterlab_cellar');

/** What a component shows, as words: tags become spaces. */
export function shownWords<P extends object>(component: ComponentType<P>, props: P): string {
  const node = document.createElement('div');
  node.innerHTML = renderToStaticMarkup(createElement(component, props)).replaceAll('<', ' <');
  return (node.textContent ?? '').replace(/\s+/g, ' ').trim();
}
