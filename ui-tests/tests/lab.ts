import { test as base, type IJupyterLabPageFixture } from '@jupyterlab/galata';
import { expect, type Locator, type Page } from '@playwright/test';

export { expect };
/** The page is opened on a file or folder by each test itself. */
export const test = base.extend({
  autoGoto: false,
  // Galata waits for a launcher, which a page that opens a notebook has not.
  waitForApplication: async ({ baseURL: _baseURL }, use) => {
    await use(async page => {
      await page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
      await page.locator('#jp-main-dock-panel').waitFor();
    });
  }
});

/** Time that stages which import pandas, scikit-learn and matplotlib may take on a busy machine, in milliseconds. */
export const RUN = { timeout: 150_000 };

/** Opens a notebook as its address in the browser does, and waits until its cells are there. */
export async function openNotebook(page: IJupyterLabPageFixture, path: string): Promise<void> {
  await page.goto(`tree/${path}`);
  await expect(cells(page).first()).toBeVisible();
  await expect(page.getByRole('button', { name: 'Reproduce', exact: true })).toBeVisible();
}

export function cells(page: Page): Locator {
  return page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-cell');
}

/** The cells of a stage, in order. */
export function stage(page: Page, name: string): Locator {
  return page.locator(`.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook-cell[data-cellar-stage="${name}"]`);
}

/** The stages of the demo project. */
export const DEMO = ['load', 'prepare', 'train', 'evaluate', 'figures'] as const;

/** All stages of the demo in one state. */
export function all(state: string): Record<string, string> {
  return Object.fromEntries(DEMO.map(name => [name, state]));
}

/** What a cell of a stage shows below its code. */
export function outputs(page: Page, name: string, nth = 0): Locator {
  return stage(page, name).nth(nth).locator('.jp-OutputArea-output');
}

export function chip(cell: Locator): Locator {
  return cell.locator(':scope > .cellar-StageHost > button').first();
}

export function reason(cell: Locator): Locator {
  return cell.locator(':scope > .cellar-StageHost .cellar-Reason');
}

export function popover(page: Page): Locator {
  return page.getByRole('dialog', { name: 'Tag' });
}

export function strip(page: Page): Locator {
  return page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .cellar-Strip');
}

export function section(page: Page, name: 'stages' | 'problems'): Locator {
  return page.locator(`[data-cellar-section="${name}"]`);
}

/** Waits until the first cell of each stage is in its state. */
export async function expectStates(
  page: Page,
  states: Readonly<Record<string, string>>,
  options: { timeout?: number } = {}
): Promise<void> {
  for (const [name, state] of Object.entries(states)) {
    await expect(stage(page, name).first()).toHaveAttribute('data-cellar-state', state, options);
  }
}

/** Presses *Reproduce*: a short plan with nothing unknown starts at once. */
export async function pressReproduce(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Reproduce', exact: true }).click();
}

/** The dialog that shows a plan and asks. */
export function planDialog(page: Page): Locator {
  return page.getByRole('dialog').filter({ has: page.locator('.cellar-Plan') });
}

/** Clicks into the code of a cell, so that the next keys are typed there. */
export async function enterCell(cell: Locator): Promise<void> {
  await cell.scrollIntoViewIfNeeded();
  await cell.locator('.cm-content').click();
  await expect(cell).toHaveClass(/jp-mod-active/);
}

/** Makes a cell the active one in command mode. */
export async function selectCell(cell: Locator): Promise<void> {
  await cell.scrollIntoViewIfNeeded();
  await cell.locator('.jp-InputPrompt').click();
  await expect(cell).toHaveClass(/jp-mod-active/);
}

/** Types a new text over the code of a cell. */
export async function replaceCode(page: Page, cell: Locator, code: string): Promise<void> {
  await enterCell(cell);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(code);
  await expect(cell.locator('.cm-content')).toHaveText(code.replaceAll('\n', ''), { useInnerText: false });
  await page.keyboard.press('Escape');
}

export async function openPanel(page: Page): Promise<Locator> {
  const panel = page.locator('#cellar-panel');
  if (!(await panel.isVisible())) {
    await page.getByRole('tab', { name: 'Cellar', exact: true }).click();
  }
  await expect(panel).toBeVisible();
  return panel;
}
