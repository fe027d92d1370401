import { expect, test } from '@jupyterlab/galata';
import * as path from 'path';

import { BEDS } from './beds';
import {
  card,
  closeAll,
  drag,
  expectWorkers,
  openPanel,
  startCluster
} from './helpers';

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

test('the Z is found on a cluster of the pool, made in the panel', async ({
  page,
  tmpPath
}) => {
  test.skip(!BEDS.includes('htcondor'), 'There is no HTCondor pool.');
  test.setTimeout(300_000);
  await page.contents.uploadFile(
    path.resolve(__dirname, '../../examples/dimuon.ipynb'),
    `${tmpPath}/dimuon.ipynb`
  );
  await page.notebook.openByPath(`${tmpPath}/dimuon.ipynb`);
  const panel = await openPanel(page);
  const pool = await startCluster(page, panel, 'Muons', 2, 'HTCondor');
  await expectWorkers(pool, 2);

  // As the notebook says: the card takes the place of the client's cell.
  const cells = page.locator('.jp-Notebook .jp-Cell');
  const before = await cells.count();
  await drag(page, pool, cells.nth(0));
  await expect(cells).toHaveCount(before + 1);
  const seed = cells.filter({ hasText: 'tls://localhost:8786' });
  await seed.locator('.jp-InputPrompt').click();
  await page.keyboard.press('d');
  await page.keyboard.press('d');
  await expect(seed).toHaveCount(0);
  await page.menu.clickMenuItem('Run>Run All Cells');
  const peak = page
    .locator('.jp-Notebook .jp-OutputArea-output')
    .filter({ hasText: /^The peak is at \d+\.\d+ GeV\./ });
  await expect(peak).toBeVisible({ timeout: 200_000 });
  const [, mass] = /at (\S+) GeV/.exec((await peak.textContent())!)!;
  expect(Math.abs(Number(mass) - 91)).toBeLessThan(1);
  await page.screenshot({ path: 'shots/dimuon.png' });
});
