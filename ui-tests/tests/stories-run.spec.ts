import type { Page } from '@playwright/test';
import { makeDemo, makeProject, read, writeNotebook } from './projects';
import {
  all,
  cells,
  DEMO,
  enterCell,
  expect,
  expectStates,
  openNotebook,
  outputs,
  pressReproduce,
  RUN,
  selectCell,
  stage,
  strip,
  test
} from './lab';

test.describe('with the routes of the server untouched', () => {
  // Galata stands between page and server to list only the kernels of a test, and answers a restart as if it made one.
  test.use({ kernels: null, sessions: null });

  test('Story 4: recorded results are loaded into a restarted kernel', async ({ page, tmpPath }) => {
    makeProject(`${tmpPath}/load`);
    writeNotebook(`${tmpPath}/load/own.ipynb`, [
      ['setup', 'import pandas as pd'],
      ['birds', 'birds = pd.DataFrame({"mass": range(9)})\nheaviest = 8\nlen(birds)'],
      [null, 'assert heaviest == 8 and list(birds["mass"]) == list(range(9))\nbirds.head()'],
      ['other', 'print(heaviest)']
    ]);
    await openNotebook(page, `${tmpPath}/load/own.ipynb`);
    await pressReproduce(page);
    await expect(strip(page)).toContainText('Done: 2 ran', RUN);
    await page.getByRole('button', { name: 'Restart the kernel', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Confirm Kernel Restart' }).click();
    const scratch = cells(page).nth(2);
    await selectCell(scratch);
    await page.keyboard.press('ControlOrMeta+Alt+O');
    const load = page.getByRole('dialog').filter({ hasText: 'Load results up to here' });
    await expect(load).toContainText('birds', RUN);
    await load.getByRole('button', { name: /^Load/ }).click();
    await expect(page.getByText(/In the kernel now: /)).toContainText('birds', RUN);
    await selectCell(scratch);
    await page.keyboard.press('Shift+Enter');
    await expect(scratch.locator('.jp-OutputArea tbody tr')).toHaveCount(5, RUN);
  });
});

test('Story 4: a run whose tab is closed ends, and shows the same as one that was watched', async ({
  page,
  context,
  baseURL,
  tmpPath
}) => {
  makeDemo(`${tmpPath}/watched`);
  makeDemo(`${tmpPath}/left`);
  const shown = async (tab: Page): Promise<string[]> => {
    const found: string[] = [];
    for (const name of DEMO) {
      for (const cell of await stage(tab, name).all()) {
        await cell.scrollIntoViewIfNeeded();
        found.push(...(await cell.locator('.jp-OutputArea-output').evaluateAll(nodes => nodes.map(n => n.innerHTML))));
      }
    }
    return found;
  };

  await openNotebook(page, `${tmpPath}/watched/analysis.ipynb`);
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 5 ran', RUN);
  await expect(outputs(page, 'figures').locator('img')).toHaveCount(1);
  const watched = await shown(page);
  expect(watched).toHaveLength(6);

  const left = await context.newPage();
  const open = async (tab: Page): Promise<void> => {
    await tab.goto(`${baseURL}/lab/tree/${tmpPath}/left/analysis.ipynb`);
    await expect(stage(tab, 'figures')).toHaveCount(1);
  };
  await open(left);
  await pressReproduce(left);
  await expect(strip(left).locator('[data-cellar-state="running"]')).toHaveAttribute(
    'data-cellar-stage',
    'prepare',
    RUN
  );
  await left.close();
  await expect.poll(() => read(`${tmpPath}/left/dvc.lock`), RUN).toContain('figures');

  const again = await context.newPage();
  await open(again);
  await expectStates(again, all('fresh'), RUN);
  await expect(outputs(again, 'figures').locator('img')).toHaveCount(1, RUN);
  expect(await shown(again)).toEqual(watched);
  await again.close();
});

test('Story 4: Stop ends a running stage and puts its outs back', async ({ page, tmpPath }) => {
  makeProject(`${tmpPath}/stop`);
  writeNotebook(`${tmpPath}/stop/own.ipynb`, [
    ['setup', 'import time'],
    ['slow', 'with open("slow.txt", "w") as file:\n    file.write("one")\n'],
    ['after', 'with open("slow.txt") as file:\n    text = file.read()\ntext']
  ]);
  await openNotebook(page, `${tmpPath}/stop/own.ipynb`);
  await pressReproduce(page);
  await expect(strip(page)).toContainText('Done: 2 ran', RUN);

  await enterCell(stage(page, 'slow').first());
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.insertText('\nprint("asleep")\ntime.sleep(600)');
  await expectStates(page, { slow: 'stale', after: 'pending' });
  await pressReproduce(page);
  await expectStates(page, { slow: 'running', after: 'queued' });
  await expect(stage(page, 'slow').locator('.jp-OutputArea')).toContainText('asleep', RUN);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(strip(page)).toContainText('Stopped: ');
  await expectStates(page, { slow: 'stale', after: 'pending' });
  expect(read(`${tmpPath}/stop/slow.txt`)).toBe('one');
});
