import { expect, test } from '@jupyterlab/galata';
import * as path from 'path';

import { card, closeAll, drag, expectWorkers, openPanel } from './helpers';

const NOTEBOOK = 'histograms.ipynb';

test.use({ viewport: { width: 1280, height: 800 } });

test.afterEach(({ page }) => closeAll(page));

test('the example computes more than fits into memory', async ({
  page,
  tmpPath
}) => {
  test.setTimeout(300_000);
  await page.contents.uploadFile(
    path.resolve(__dirname, '../../examples', NOTEBOOK),
    `${tmpPath}/${NOTEBOOK}`
  );
  await page.notebook.openByPath(`${tmpPath}/${NOTEBOOK}`);

  const panel = await openPanel(page);
  await panel.getByRole('button', { name: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Example');
  await dialog.getByLabel('Memory per worker').fill('400MB');
  await dialog.getByRole('button', { name: 'Start' }).click();
  const example = card(panel, 'Example');
  await expectWorkers(example, 2);

  const cells = page.locator('.jp-Notebook .jp-Cell');
  const before = await cells.count();
  await drag(page, example, cells.nth(1));
  await expect(cells).toHaveCount(before + 1);
  await page.menu.clickMenuItem('Run>Run All Cells');
  const outputs = page.locator('.jp-Notebook .jp-OutputArea-output');
  await expect(
    outputs.filter({ hasText: 'times the memory of the workers' })
  ).toHaveText(/4\.8 GB of events, 6\.0 times/, { timeout: 60_000 });
  await expect(example).toContainText('processing', { timeout: 60_000 });
  await page.screenshot({ path: 'shots/example.png' });
  await expect(outputs.filter({ hasText: 'numpy agrees' })).toBeVisible({
    timeout: 240_000
  });
  await expect(
    page.locator('.jp-RenderedText[data-mime-type*="stderr"]')
  ).toHaveCount(0);
});
