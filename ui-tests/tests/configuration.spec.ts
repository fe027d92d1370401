import { expect, test } from '@jupyterlab/galata';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';

import { openPanel } from './helpers';

const folder = join(process.env.JLAB_TEST_DIR!, '.config', 'dask');
const own = join(folder, 'zz-casa-labext.yaml');
const byHand = join(folder, 'facility.yaml');

test.beforeEach(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    byHand,
    `# As a facility wrote it
dashboard:
  link: "/user/{JUPYTERHUB_USER}/proxy/{port}/status"
distributed:
  admin:
    tick:
      limit: 9s
  comm:
    timeouts:
      connect: soon
`
  );
});

test.afterEach(() => rmSync(folder, { recursive: true }));

test('the configuration is looked at, searched and changed', async ({
  page
}) => {
  const panel = await openPanel(page);
  await panel.getByRole('button', { name: 'Dask configuration' }).click();
  const tab = page.locator('.casa-Configuration');
  const problems = tab.getByRole('list', { name: 'Problems' });
  const misplaced = problems
    .getByRole('listitem')
    .filter({ hasText: 'dashboard.link' });
  await expect(misplaced).toContainText('distributed.dashboard.link');
  await expect(misplaced).toContainText('facility.yaml, line 3');
  await expect(
    problems
      .getByRole('listitem')
      .filter({ hasText: 'distributed.comm.timeouts.connect' })
  ).toContainText('line 10');

  // What somebody has set is shown first, with what it is instead of.
  const limit = tab.getByRole('group', {
    name: 'distributed.admin.tick.limit'
  });
  await expect(limit).toContainText('facility.yaml, line 7');
  await expect(limit).toContainText('instead of 3s, default of distributed');
  await page.sidebar.close('left');
  await page.screenshot({ path: 'shots/configuration.png' });
  await page.theme.setDarkTheme();
  await page.screenshot({ path: 'shots/configuration-dark.png' });
  await page.setViewportSize({ width: 480, height: 700 });
  await page.screenshot({ path: 'shots/configuration-narrow.png' });
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.theme.setLightTheme();

  // A value that dask could not use is refused where it was typed.
  await limit.getByRole('button', { name: /^Edit/ }).click();
  await limit.getByLabel('Value').fill('whenever');
  await limit.getByRole('button', { name: 'Save' }).click();
  await expect(limit.getByRole('alert')).toContainText('must be a duration');
  await page.screenshot({ path: 'shots/configuration-refused.png' });
  expect(existsSync(own)).toBe(false);
  await limit.getByLabel('Value').fill('8s');
  await limit.getByRole('button', { name: 'Save' }).click();
  await expect(limit).toContainText('zz-casa-labext.yaml');
  await expect(limit).toContainText('instead of 9s');
  expect(readFileSync(own, 'utf8')).toContain('limit: 8s');
  expect(readFileSync(byHand, 'utf8')).toContain('# As a facility wrote it');

  await limit.getByRole('button', { name: /^Remove/ }).click();
  await expect(limit).toContainText('facility.yaml, line 7');
  expect(existsSync(own)).toBe(false);

  // All settings are found, those of packages too.
  await tab.getByRole('button', { name: /changed$/ }).click();
  await tab.getByRole('searchbox').fill('worker.memory.target');
  await expect(tab.getByText(/^1 of \d+ settings$/)).toBeVisible();
  await expect(
    tab.getByRole('group', { name: 'distributed.worker.memory.target' })
  ).toContainText('0.6');
});

test('a malformed file is told, and the panel works', async ({ page }) => {
  writeFileSync(byHand, 'a: 1\nb: ]\n');
  await page.evaluate(() =>
    (window as any).jupyterapp.commands.execute('casa-labext:configuration')
  );
  const tab = page.locator('.casa-Configuration');
  await expect(tab.getByRole('list', { name: 'Problems' })).toContainText(
    'facility.yaml, line 2'
  );
  const panel = await openPanel(page);
  await expect(
    panel.getByRole('button', { name: 'New cluster' })
  ).toBeEnabled();
  await expect(panel.locator('.casa-Panel-problem')).toContainText(
    'facility.yaml'
  );
  await page.screenshot({ path: 'shots/configuration-malformed.png' });
});
