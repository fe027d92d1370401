import { expect, test } from '@playwright/test';
import { writeFileSync } from 'fs';
import { join } from 'path';

/** Notebook 7, which is served beside JupyterLab. */
test('in Notebook 7: the panel, a cluster, the kernel in the toolbar', async ({
  page,
  request
}) => {
  const cell = {
    cell_type: 'code',
    source: 'client.submit(sum, [40, 2]).result()',
    metadata: {},
    outputs: [],
    execution_count: null
  };
  const notebook = {
    cells: [cell],
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3' } },
    nbformat: 4,
    nbformat_minor: 4
  };
  writeFileSync(
    join(process.env.JLAB_TEST_DIR!, 'seven.ipynb'),
    JSON.stringify(notebook)
  );
  await page.goto('/notebooks/seven.ipynb');
  const chip = page.locator('.casa-KernelChip-button');
  await expect(chip).toHaveText('No cluster', { timeout: 60_000 });
  await chip.click();
  await page.locator('.lm-Menu-item', { hasText: 'New cluster' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Seven');
  await dialog.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('menuitem', { name: 'View' }).click();
  await page.getByRole('menuitem', { name: 'Show the clusters' }).click();
  const panel = page.locator('#casa-labext-panel');
  const card = panel.getByRole('listitem', { name: 'Seven' });
  await expect(card).toContainText('running');
  await chip.click();
  await page.locator('.lm-Menu-item', { hasText: 'Seven' }).click();
  await expect(chip).toHaveText('Seven');
  await page.locator('.jp-CodeCell').first().click();
  await page.keyboard.press('Shift+Enter');
  await expect(page.locator('.jp-OutputArea-output').first()).toHaveText('42');
  await page.screenshot({ path: 'shots/notebook7.png' });
  await card.getByRole('button', { name: 'Shut down' }).click();
  await expect(card).toHaveCount(0, { timeout: 30_000 });
  const answer = await request.get('/casa-labext/api/clusters');
  expect(await answer.json()).toEqual([]);
});
