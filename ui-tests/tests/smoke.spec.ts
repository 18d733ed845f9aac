import { expect, test } from '@jupyterlab/galata';

test('JupyterLab loads Cellar, and the server its part', async ({ page, request }) => {
  await expect(page.locator('#jp-main-dock-panel')).toBeVisible();
  const plugins = await page.evaluate(() =>
    window.jupyterapp.listPlugins().filter(id => id.startsWith('jupyterlab-cellar:'))
  );
  expect(plugins.length).toBeGreaterThan(0);
  for (const id of plugins) {
    expect(await page.evaluate(plugin => window.jupyterapp.isPluginActivated(plugin), id)).toBe(true);
  }
  const status = await request.get('cellar/status');
  expect(status.ok()).toBe(true);
  expect(await status.json()).toMatchObject({ protocol: 1, fix: null });
});
