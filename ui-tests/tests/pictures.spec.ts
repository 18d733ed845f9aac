import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { makeDemo, makeRepository, run, write } from './projects';
import {
  chip,
  enterCell,
  expect,
  expectStates,
  openNotebook,
  openPanel,
  popover,
  pressReproduce,
  RUN,
  selectCell,
  stage,
  strip,
  test
} from './lab';

const FOLDER = join(__dirname, '..', '..', 'docs', 'pictures');
mkdirSync(FOLDER, { recursive: true });

/** Takes the picture `name` of the window, or of a part of it. */
async function take(page: Page, name: string, clip?: { x: number; y: number; width: number; height: number }) {
  await page.screenshot({ path: join(FOLDER, `${name}.png`), animations: 'disabled', caret: 'hide', clip });
}

/** The demo in daily work: all fresh but what an edit of `train` makes stale. */
async function edit(page: Page): Promise<void> {
  await enterCell(stage(page, 'train').first());
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.insertText('\nprint(f"{len(test)} left for the test")');
  await page.keyboard.press('Escape');
  await expectStates(page, { prepare: 'fresh', train: 'stale', evaluate: 'pending', figures: 'fresh' });
}

async function show(page: Page, name: string): Promise<void> {
  await stage(page, name)
    .first()
    .evaluate(node => node.scrollIntoView({ block: 'start' }));
}

for (const [word, theme] of [
  ['light', 'JupyterLab Light'],
  ['dark', 'JupyterLab Dark']
] as const) {
  test(`pictures in ${theme}`, async ({ page, tmpPath }) => {
    // A project's name is in the pictures.
    const folder = `${tmpPath}/penguins`;
    makeDemo(folder);
    await page.setViewportSize({ width: 1280, height: 860 });
    await openNotebook(page, `${folder}/analysis.ipynb`);
    await page.theme.setTheme(theme);
    await openPanel(page);
    await pressReproduce(page);
    await expect(strip(page)).toContainText('Done', RUN);
    await edit(page);
    await selectCell(stage(page, 'prepare').first());
    await show(page, 'prepare');
    await take(page, `notebook-${word}`);
    await take(page, `panel-${word}`, { x: 0, y: 28, width: 420, height: 480 });

    await page.getByRole('button', { name: 'Reproduce', exact: true }).click({ modifiers: ['Shift'] });
    await expect(page.locator('.cellar-Plan')).toBeVisible();
    await take(page, `plan-${word}`, { x: 200, y: 180, width: 880, height: 500 });
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);

    await show(page, 'train');
    await chip(stage(page, 'train').first()).click();
    await expect(popover(page)).toContainText('birds');
    // Below its chip, where the cell shows beside it.
    await take(page, `popover-${word}`, { x: 284, y: 60, width: 800, height: 560 });
    await page.keyboard.press('Escape');
    await show(page, 'prepare');

    if (word === 'light') {
      await page.setViewportSize({ width: 520, height: 860 });
      // Lab folds its toolbar a moment after the window got narrow.
      await expect(page.locator('.jp-NotebookPanel-toolbar .jp-Toolbar-responsive-opener')).toBeVisible();
      await take(page, 'panel-narrow');
      await page.getByRole('tab', { name: 'Cellar', exact: true }).click();
      await show(page, 'prepare');
      await take(page, 'notebook-narrow');
      await page.setViewportSize({ width: 1280, height: 860 });
    }

    const foreign = `${tmpPath}/survey`;
    makeRepository(foreign);
    run(foreign, 'dvc', 'init', '--quiet');
    write(`${foreign}/dvc.yaml`, 'stages:\n  clean:\n    cmd: python clean.py\n    outs:\n      - clean.csv\n');
    write(`${foreign}/analysis.ipynb`, run(folder, 'git', 'show', 'HEAD:analysis.ipynb'));
    await openNotebook(page, `${foreign}/analysis.ipynb`);
    await page.theme.setTheme(theme);
    await openPanel(page);
    await page.getByRole('button', { name: 'Review…' }).click();
    await expect(page.getByRole('dialog')).toContainText('Trust the project survey?');
    await take(page, `trust-${word}`, { x: 200, y: 150, width: 880, height: 560 });
  });
}
